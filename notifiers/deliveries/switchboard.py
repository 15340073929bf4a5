"""What sending needs to know of the channels, whoever makes them."""

from datetime import datetime, timedelta
from typing import Protocol

from consistency.errors import ConfigurationError
from notifiers.channels.channel import CHAT_RETRIES, Channel, Outcome, RateWindow, Verdict
from notifiers.messages.message import Message


class Manners(Protocol):
    """How a channel is to be treated."""

    @property
    def timeout(self) -> timedelta:
        """How long one attempt may take."""

    @property
    def fallback(self) -> str:
        """The channel that stands in for it while it is broken, or nothing."""


class Switchboard(Protocol):
    """The configured channels by their names; an unknown name is a BadRequest."""

    def channel(self, name: str) -> Channel:
        """The channel; ConfigurationError when it cannot be made of its settings."""

    def settings_of(self, name: str) -> Manners:
        """Its settings."""


class Unusable:
    """Stands for a channel that cannot be made: it takes nothing, and says why."""

    windows: tuple[RateWindow, ...] = ()
    limit_key = ""
    supersedes = False
    retries = CHAT_RETRIES

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        """Nothing is sent."""
        del message, now, progress
        return Verdict(Outcome.PERMANENT_CHANNEL, "configuration", self._why)

    def close(self) -> None:
        """Nothing is open."""


def channel_of(switchboard: Switchboard, name: str) -> Channel:
    """The channel of that name, Unusable if its settings do not do; BadRequest for an unknown name."""
    try:
        return switchboard.channel(name)
    except ConfigurationError as error:
        return Unusable(str(error))
