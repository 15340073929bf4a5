"""What a way out of the service is: it takes a batch of events, and says which of them it will never take."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from consistency.errors import ReconcileryError
from consistency.events import WrittenEvent


class Unreachable(ReconcileryError):
    """Nobody took the batch; all of it may be sent again later. Its text is one line without secrets."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that will never be taken, and why."""

    event: WrittenEvent
    reason: str


class Transport(Protocol):
    """Used by one thread. The same event may be sent twice; the other side keeps it once."""

    @property
    def name(self) -> str:
        """Where it leads, for logs, without secrets."""

    def send(self, events: Sequence[WrittenEvent]) -> Sequence[Refused]:
        """Deliver the batch for good; Unreachable when that must be tried later, whatever the reason."""

    def close(self) -> None:
        """Close what is kept open."""
