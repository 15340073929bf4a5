"""What a channel is: it sends one message once, and judges the answer by the provider's own codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from notifiers.messages.message import Message


class Outcome(StrEnum):
    """What one attempt came to."""

    OK = "ok"
    TRANSIENT = "transient"  # the same message may be taken later
    RATE_LIMITED = "rate_limited"  # too many; `wait` or `pause` says how long
    PERMANENT_MESSAGE = "permanent_message"  # this message will never be taken
    PERMANENT_CHANNEL = "permanent_channel"  # the channel takes nothing until somebody mends it
    UNKNOWN = "unknown"  # a code that nobody knows: tried twice more, then given up


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome with the provider's code and one line without secrets.

    `wait` holds this message back, `pause` the whole channel for everybody. `reply` is what was answered, cut and
    without secrets. `progress` is what a channel wants to be given at the next attempt.
    """

    outcome: Outcome
    code: str = ""
    detail: str = ""
    wait: timedelta | None = None
    pause: timedelta | None = None
    reply: str = ""
    progress: str | None = None


@dataclass(frozen=True, slots=True)
class RateWindow:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: float


class Channel(Protocol):
    """One configured channel; safe for threads."""

    @property
    def windows(self) -> tuple[RateWindow, ...]:
        """The limits of the provider, all of which hold; none means that there is no limit."""

    @property
    def limit_key(self) -> str:
        """The same for all channels that speak through one bot; made from its token by a hash."""

    @property
    def supersedes(self) -> bool:
        """Whether a newer message of a group makes an older one that still waits superfluous."""

    @property
    def retries(self) -> tuple[timedelta, ...]:
        """How long after each failed attempt the next one is made; after the last the message is dead."""

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        """One attempt; never raises for what the other side does. The signature is made anew from `now`."""

    def close(self) -> None:
        """Close what is kept open."""


CHAT_RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 1800))
WEBHOOK_RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 36_000))
