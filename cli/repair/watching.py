"""Watches a run that workers do, in the ledger, until it has ended or paused."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.orders.repair_workers import call_for_rollback, wake
from cli.interrupts import sleep_in_slices
from cli.repair.bar import run_bar
from cli.repair.ledger import look_at
from cli.terminal import note
from compensation.progress import Progress
from compensation.runs import Run
from compensation.states import WORKING, RunState
from consistency.durations import duration_text
from consistency.errors import BrokerUnavailable, ReconcileryError
from consistency.resources import Resources

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
#: A look at a large run takes its time; looking may take this share of it at most.
_MOST_LOOKING = 0.05


class NotEnded(ReconcileryError):
    """The time for waiting is over, but the run goes on."""


def watch_run(resources: Resources, run_id: str, seconds: float, stop_if_pressed: Callable[[], None]) -> Run:
    """The run when it has ended or paused; NotEnded when that takes longer than `seconds`.

    `stop_if_pressed` raises KeyboardInterrupt after Ctrl-C, which leaves the run to the workers.
    """
    with leaving_it_to_workers(run_id), run_bar("repairing") as show:

        def look(run: Run, progress: Progress) -> None:
            if show is not None:
                show(progress, run.throttle)

        return watch(resources, run_id, seconds, look, stop_if_pressed)


@contextmanager
def leaving_it_to_workers(run_id: str) -> Iterator[None]:
    """Says, when Ctrl-C was pressed, that the workers go on."""
    try:
        yield
    except KeyboardInterrupt:
        note("The workers go on; see how far they are with:")
        note(f"→ reconcilery repair status {run_id}")
        raise


def watch(
    resources: Resources,
    run_id: str,
    seconds: float,
    show: Callable[[Run, Progress], None],
    stop_if_pressed: Callable[[], None],
) -> Run:
    """The same without a bar, for a rollback too; `show` hears how the run stands."""
    watching = _Watching(resources, run_id, time.monotonic() + seconds, show)
    while (run := watching.look()).state in WORKING:
        watching.pause(stop_if_pressed)
    return run


class _Watching:
    """Looks at one run, less and less often; where nobody works on it, the workers are told of it again."""

    def __init__(self, resources: Resources, run_id: str, until: float, show: Callable[[Run, Progress], None]) -> None:
        self.resources, self.run_id, self.until, self.show = resources, run_id, until, show
        self.seconds, self.took = _SHORTEST_PAUSE, 0.0
        self.lease = resources.settings.lease
        self.called, self.patience = time.monotonic(), self.lease.total_seconds()

    def look(self) -> Run:
        began = time.monotonic()
        run, progress, silent = look_at(self.resources, self.run_id)
        self.took = time.monotonic() - began
        self.show(run, progress)
        if silent and run.state in WORKING and began - self.called > self.patience:
            self._call(run)
        return run

    def _call(self, run: Run) -> None:
        note(f"Note: nobody has worked on it for {duration_text(self.lease)}; is a worker up? Asking again.")
        # Messages that nobody takes wait in the queue, so there must not be many.
        self.called, self.patience = time.monotonic(), 2 * self.patience
        try:
            call_for_rollback(run.id) if run.state is RunState.ROLLING_BACK else wake(run)
        except BrokerUnavailable as error:
            note(f"Note: {error}")

    def pause(self, stop_if_pressed: Callable[[], None]) -> None:
        wanted = max(self.seconds, self.took / _MOST_LOOKING)
        if time.monotonic() + wanted > self.until:
            raise NotEnded(
                f"run {self.run_id} has not ended yet; it goes on, `reconcilery repair status {self.run_id}` shows it"
            )
        sleep_in_slices(wanted, stop_if_pressed)
        self.seconds = min(_LONGEST_PAUSE, self.seconds * 1.3)
