"""A channel of the user's own as it is loaded: a class with `send`, or a function that is called with each event."""

import asyncio
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from consistency.events import event_object
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.messages.events import worded_event
from notifiers.messages.message import Message
from notifiers.messages.wording import Wording


class Unusable(Exception):
    """What the kind names is no channel; its text is one line that says what it lacks."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a channel wants to be used; a class of the user's own may have these as attributes."""

    windows: tuple[RateWindow, ...] = ()
    supersedes: bool = False
    retries: tuple[timedelta, ...] = CHAT_RETRIES
    limit_key: str = ""


class OwnCode:
    """What a dotted name stands for, made with the options if it is a class."""

    def __init__(self, named: str, options: Mapping[str, Any], wording: Wording) -> None:
        found = _found(named)
        self._wording = wording
        self._object = found(**options) if isinstance(found, type) else None
        if self._object is None and options:
            raise Unusable("it is a function, which takes no options; make it a class, or remove the options")
        self._function = (
            _callable(found, "it", "event")
            if self._object is None
            else _callable(getattr(self._object, "send", None), "its send", "message", "now", "progress")
        )
        self.manner = _manner(self._object)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        """Raises whatever the user's code raises."""
        if self._object is None:
            _ended(self._function(event_object(worded_event(message, self._wording))))
            return Verdict(Outcome.OK, "called")
        returned = _ended(self._function(message, now, progress))
        if returned is None:
            return Verdict(Outcome.OK, "sent")
        if isinstance(returned, Verdict) and isinstance(returned.outcome, Outcome):
            return returned
        said = f"send returned {type(returned).__name__}; it must return a Verdict, or None for success"
        return Verdict(Outcome.UNKNOWN, "no_verdict", said)

    def close(self) -> None:
        """Close it if it can be closed."""
        close = getattr(self._object, "close", None)
        if callable(close):
            _ended(close())


def _found(named: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # Celery's own command line looks for modules here too.
    module, _, attribute = named.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise Unusable(f"it cannot be loaded: {error}") from error


def _callable(found: Any, what: str, *arguments: str) -> Callable[..., Any]:
    try:
        inspect.signature(found).bind(*arguments)
    except TypeError:
        raise Unusable(f"{what} must be a function of {', '.join(arguments)}") from None
    except ValueError:  # Some functions written in C do not say what they take.
        pass
    function: Callable[..., Any] = found
    return function


def _ended(returned: Any) -> Any:
    return asyncio.run(returned) if inspect.iscoroutine(returned) else returned


def _manner(made: Any) -> Manner:
    usual = Manner()
    given = {name: getattr(made, name, getattr(usual, name)) for name in Manner.__dataclass_fields__}
    kinds = {"windows": RateWindow, "retries": timedelta}
    for name, kind in kinds.items():
        try:
            given[name] = tuple(given[name])
        except TypeError:
            given[name] = (None,)
        if not all(isinstance(item, kind) for item in given[name]):
            raise Unusable(f"its {name} must be a tuple of {kind.__name__}")
    return Manner(given["windows"], bool(given["supersedes"]), given["retries"], str(given["limit_key"]))
