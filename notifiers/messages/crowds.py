"""Which of many events a message tells: the gravest, and of these the first."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from consistency.model import Level
from notifiers.messages.tone import graver_first

#: So many events a message carries for people, who read half of them.
MOST_CARRIED = 20


class Graded(Protocol):
    """An event, or what is known of one."""

    @property
    def level(self) -> Level: ...


Thing = TypeVar("Thing", bound=Graded)


def gravest_of(things: Iterable[Thing], most: int = MOST_CARRIED) -> tuple[list[Thing], int]:
    """The gravest in the order in which they stand, and how many are left out."""
    ordered = list(things)
    if len(ordered) <= most:
        return ordered, 0
    ranks = sorted(range(len(ordered)), key=lambda place: (graver_first(ordered[place].level), place))
    return [ordered[place] for place in sorted(ranks[:most])], len(ordered) - most
