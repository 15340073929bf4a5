"""A channel of the user's own: whatever it does wrong is a verdict, and how long it may take is bounded."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from consistency.channel_settings import CustomSettings
from consistency.errors import ConfigurationError
from consistency.masking import is_secret_name
from consistency.one_line import one_line
from consistency.secrets import read_secret
from notifiers.channels.bounded_calls import BoundedCalls, LeftBehind
from notifiers.channels.channel import Outcome, RateWindow, Verdict
from notifiers.channels.hiding import hidden, secrets_of
from notifiers.channels.http_post import MOST_SHOWN, token_key
from notifiers.channels.own_code import Manner, OwnCode, Unusable
from notifiers.channels.parts import ChannelParts
from notifiers.messages.message import Message

_LONGEST_CODE = 64
#: Long, in one word, with letters and digits: nobody writes anything else like that.
_TOKEN = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[\w+/=-]{16,}", re.ASCII)


class Custom:
    """Loaded at first use, in a thread with a time limit, like all that is called of it."""

    def __init__(self, parts: ChannelParts[CustomSettings]) -> None:
        self._parts = parts
        self._timeout = parts.settings.timeout
        self._options = {key: _resolved(parts.name, key, value) for key, value in parts.settings.options.items()}
        self._calls = BoundedCalls(f"channel {parts.name}")
        self._loading = threading.Lock()
        self._code: OwnCode | None = None
        self._failed = False

    @property
    def windows(self) -> tuple[RateWindow, ...]:
        return self._manner.windows

    @property
    def supersedes(self) -> bool:
        return self._manner.supersedes

    @property
    def retries(self) -> tuple[timedelta, ...]:
        return self._manner.retries

    @property
    def limit_key(self) -> str:
        return token_key("custom", self._manner.limit_key or f"{self._parts.settings.kind} {self._parts.name}")

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        """One attempt. What was left behind may still tell people, and is tried again all the same."""
        try:
            verdict = self._calls.call(lambda: self._loaded().send(message, now, progress), self._timeout)
            return self._cleaned(verdict)
        except LeftBehind as late:
            return Verdict(Outcome.TRANSIENT, "timeout", str(late), progress=progress)
        except Unusable as error:
            said = f"{self._parts.settings.kind} cannot be used: {error}"
            return Verdict(Outcome.PERMANENT_CHANNEL, "unusable", self._shown(said), progress=progress)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the user's code raises is a verdict
            said = f"{type(error).__name__}: {error}"
            return Verdict(Outcome.TRANSIENT, "raised", self._shown(said), progress=progress)

    def close(self) -> None:
        self._parts.outbound.close()
        if (code := self._code) is not None:
            with suppress(Exception, SystemExit):
                self._calls.call(code.close, self._timeout)

    @property
    def _manner(self) -> Manner:
        """How the code wants to be used; as usual as long as it cannot be loaded, which `send` then says."""
        if self._code is None and not self._failed:
            with suppress(Exception, SystemExit):
                self._calls.call(self._loaded, self._timeout)
        return self._code.manner if self._code is not None else Manner()

    def _loaded(self) -> OwnCode:
        with self._loading:
            if self._code is None:
                self._failed = True
                self._code = OwnCode(self._parts.settings.kind, self._options, self._parts.wording)
            return self._code

    def _cleaned(self, verdict: Verdict) -> Verdict:
        """Without secrets, as short as the tables want it, and with spans that are some."""
        wait, pause = (span if isinstance(span, timedelta) else None for span in (verdict.wait, verdict.pause))
        reply = hidden(str(verdict.reply), self._secrets())[:MOST_SHOWN].replace("\x00", "")
        return replace(
            verdict,
            code=one_line(hidden(str(verdict.code), self._secrets()), _LONGEST_CODE),
            detail=self._shown(verdict.detail),
            wait=wait,
            pause=pause,
            reply=reply,
            progress=verdict.progress if isinstance(verdict.progress, str) else None,
        )

    def _shown(self, text: object) -> str:
        return one_line(hidden(str(text), self._secrets()))

    def _secrets(self) -> Iterator[str]:
        """What was named as env: or file:, stands under the name of a secret, looks like one, or is in an address."""
        written = self._parts.settings.options
        yield from (value for key, value in self._options.items() if isinstance(value, str) and value != written[key])
        yield from _secrets_in(self._options)


def _secrets_in(value: Any, *, named: bool = False) -> Iterator[str]:
    """The secrets of a value at any depth; `named` says that it stands under the name of one."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets_in(item, named=named or is_secret_name(str(key)))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets_in(item, named=named)
    elif isinstance(value, str):
        yield from (value,) if named or _TOKEN.fullmatch(value) else ()
        yield from secrets_of(value) if "://" in value else ()


def _resolved(name: str, key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return read_secret(value)
    except ValueError as error:
        raise ConfigurationError(f"channels.{name}.options.{key} {error}") from None
