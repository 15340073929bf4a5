"""How grave a message is as a whole: what chats colour it by, and whether it calls anybody."""

from enum import StrEnum

from consistency.model import Level
from notifiers.messages.message import Message

_LEVELS = tuple(Level)


class Tone(StrEnum):
    """The gravest level of what fires or has happened, or that there is nothing grave."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    RESOLVED = "resolved"  # what was told before is over
    CALM = "calm"  # a test, or an event that is only worth knowing

    @property
    def calls(self) -> bool:
        """Whether the people who are to be mentioned are."""
        return self in {Tone.CRITICAL, Tone.HIGH}


MARKS = {
    Tone.CRITICAL: "🔴",
    Tone.HIGH: "🟠",
    Tone.MEDIUM: "🟡",
    Tone.LOW: "🔵",
    Tone.RESOLVED: "🟢",
    Tone.CALM: "⚪",
}


def gravest(levels: list[Level]) -> Level:
    """The gravest of some levels."""
    return max(levels, key=_LEVELS.index)


def graver_first(level: Level) -> int:
    """A key for sorting by level, the gravest first."""
    return -_LEVELS.index(level)


def tone_of(message: Message) -> Tone:
    """The tone of a message."""
    if message.reason == "test":
        return Tone.CALM
    if message.firing:
        return Tone(gravest([alert.level for alert in message.firing]))
    if message.resolved:
        return Tone.RESOLVED
    level = gravest([notice.level for notice in message.notices] or [Level.LOW])
    return Tone.CALM if level is Level.LOW else Tone(level)
