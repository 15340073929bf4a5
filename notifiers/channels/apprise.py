"""Any service that Apprise knows. Best effort: what a provider answers is not checked beyond its HTTP status."""

import logging
import re
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from consistency.channel_settings import AppriseSettings
from consistency.errors import ConfigurationError
from consistency.one_line import one_line
from notifiers.channels.bounded_calls import BoundedCalls, LeftBehind
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.hiding import hidden
from notifiers.channels.http_post import token_key
from notifiers.channels.parts import ChannelParts
from notifiers.messages.events import event_of
from notifiers.messages.message import Message

LARGEST_TEXT = 20_000
#: Apprise takes for success what these refuse, so they have channels that look at the answer.
_OURS = {"feishu": "feishu", "lark": "lark", "dingtalk": "dingtalk", "wecombot": "wecom"}
#: What it calls a message of each level of an event.
_KINDS = {"info": "info", "warning": "warning", "error": "failure", "critical": "failure"}
_SECRET = re.compile(r"[^/@:?&=,\s]{4,}")


class Apprise:
    """One address as Apprise writes it."""

    supersedes = True
    retries: tuple[timedelta, ...] = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[AppriseSettings]) -> None:
        self._name, self._settings = parts.name, parts.settings
        self._wording, self._outbound = parts.wording, parts.outbound
        self._url = parts.settings.url.get_secret_value()
        self._library = _library(parts.name)
        self._calls = BoundedCalls(f"channel {parts.name}")
        # Its own pace holds within one of its objects alone; ours holds among all workers.
        pace = max(float(service.request_rate_per_sec) for service in self._services())
        self.windows = (RateWindow(1, pace),) if pace else ()
        self.limit_key = token_key("apprise", self._url)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:  # noqa: ARG002 - it keeps no state
        """One attempt; it says only whether, not why, so every failure may pass."""
        try:
            result = self._calls.call(lambda: self._notify(message), self._settings.timeout)
        except LeftBehind as late:
            return Verdict(Outcome.TRANSIENT, "timeout", str(late))
        except Exception as error:  # noqa: BLE001 - 170 services of somebody else's, which must not end ours
            return Verdict(Outcome.TRANSIENT, "error", self._shown(f"{type(error).__name__}: {error}"))
        if result:
            return Verdict(Outcome.OK, "sent", "best effort: the provider's answer is not checked")
        said = next((entry.message for entry in result.logs()), "Apprise says no more than that it failed")
        return Verdict(Outcome.TRANSIENT, "failed", self._shown(said))

    def close(self) -> None:
        self._outbound.close()

    def _notify(self, message: Message) -> Any:
        services = self._services()
        title, text = self._wording.title(message), "\n\n".join(self._wording.parts(message, LARGEST_TEXT))
        kind = _KINDS.get(str(event_of(message)["level"]), "warning")
        return services.notify(title=title, body=text or title, notify_type=kind)

    def _services(self) -> Any:
        """New ones for each message, because they are not made for several threads."""
        services = self._library.Apprise()
        if not services.add(self._url):
            raise ConfigurationError(
                f"channels.{self._name}.url is no address that Apprise knows; see its list of services"
            )
        for schema in {schema for service in services for schema in service.schemas()} & set(_OURS):
            raise ConfigurationError(
                f"channels.{self._name}.url: use the kind {_OURS[schema]}, which looks at what is answered;"
                " Apprise takes every answer for success"
            )
        return services

    def _shown(self, text: str) -> str:
        return one_line(hidden(text, _SECRET.findall(self._url)))


def _library(name: str) -> Any:
    try:
        library = import_module("apprise")
    except ImportError:
        raise ConfigurationError(
            f"channels.{name}.kind: Apprise is not installed here; run pip install -r requirements-apprise.txt"
        ) from None
    # It writes whole addresses, and with them tokens, into its log.
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return library
