"""A check done by the workers, watched in the ledger until it is closed.

Messages are hints: once a worker has taken the run, nothing here depends on Redis any more.
"""

import time
from collections.abc import Callable, Sequence

from api.orders.checks import SentCheck, look_at_check, require_somebody, withdraw_all
from cli.terminal import note
from consistency.errors import BrokerUnavailable, CheckFailed
from consistency.ledger.runs import CANCELLED, RUNNING, Run
from consistency.resources import Resources

PATIENCE_SECONDS = 2.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5

Show = Callable[[int, int], None]


def watch(resources: Resources, sent: SentCheck, *, until: float, show: Show) -> Run:
    """The closed run. BrokerUnavailable when no worker answers; CheckFailed when it is not closed by `until`.

    `until` is a time of the monotonic clock; `show` hears how many parts of how many are done.
    """
    run = sent.run
    watching, asked = _Watching(resources, run.id, show), False
    began = time.monotonic()
    while (found := watching.look()).state == RUNNING:
        if time.monotonic() > until:
            raise CheckFailed(f"check {run.id} has not ended yet; it goes on, `reconcilery status` shows its result")
        if not asked and not watching.taken and time.monotonic() - began > PATIENCE_SECONDS:
            asked = True
            require_somebody(resources, run, new=sent.new)
        watching.pause()
    if found.state == CANCELLED:
        raise CheckFailed(f"check {run.id} was cancelled")
    return found


def watch_all(resources: Resources, sent: Sequence[SentCheck], seconds: float, show: Show) -> list[Run]:
    """Watch one after the other; they run at the same time. Ctrl-C leaves them to the workers."""
    until = time.monotonic() + seconds
    try:
        return [watch(resources, each, until=until, show=show) for each in sent]
    except BrokerUnavailable:
        withdraw_all(resources, sent)
        raise
    except KeyboardInterrupt:
        note("The check goes on; `reconcilery status` shows its result.")
        raise


class _Watching:
    """Looks at one run, less and less often."""

    def __init__(self, resources: Resources, run_id: str, show: Show) -> None:
        self.resources, self.run_id, self.show = resources, run_id, show
        self.taken, self.seconds = False, _SHORTEST_PAUSE

    def look(self) -> Run:
        found = look_at_check(self.resources, self.run_id)
        self.taken = self.taken or found.taken
        self.show(found.done, found.total)
        return found.run

    def pause(self) -> None:
        time.sleep(self.seconds)
        self.seconds = min(_LONGEST_PAUSE, self.seconds * 1.5)
