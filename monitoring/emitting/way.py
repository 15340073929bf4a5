"""Where the events of a process go: to the other side over the disk, or no further than its memory."""

from collections.abc import Sequence
from typing import Protocol

from consistency.events import WrittenEvent


class Way(Protocol):
    """Safe for threads. Moments are those of time.monotonic."""

    def keep(self, events: Sequence[WrittenEvent]) -> None:
        """Take charge of them; when this returns they outlive the process, if the disk takes them. Never raises."""

    def waiting(self) -> int:
        """How many are neither sent nor given up."""

    def settle(self, deadline: float, *, patient: bool = True) -> bool:
        """Whether all is sent by then; an impatient one gives up after one vain attempt."""

    def close(self, deadline: float) -> None:
        """Send what can be sent by then; the rest stays on the disk. What is kept later stays there as well."""

    def forget_inherited(self) -> None:
        """In a forked child: let go of what the parent has open."""
