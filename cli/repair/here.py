"""A run worked on by the calling process itself; Ctrl-C pauses it."""

import time
from collections.abc import Callable

from cli.interrupts import interrupt_deferred, sleep_in_slices
from cli.repair.bar import Show, run_bar
from cli.repair.ledger import look_at
from cli.repair.workplace import workplace
from cli.terminal import note
from compensation import control
from compensation.bench import Bench
from compensation.engine import work
from compensation.runs import RepairRefused, Run
from compensation.states import RunState
from compensation.sweeping import worth_coming_back
from consistency.errors import ReconcileryError
from consistency.resources import Resources

SHOWN_EVERY = 0.5
LONGEST_SLEEP = 5.0


def work_here(resources: Resources, run: Run, actor: str) -> Run:
    """The run when it has ended or paused. Batches that others hold, and tasks that are due later, are waited for."""
    with interrupt_deferred() as stop_if_pressed:
        try:
            return _work(resources, run, stop_if_pressed)
        except KeyboardInterrupt:
            _pause(resources, run.id, actor)
            raise
        except ReconcileryError:
            note("The run has not ended; go on with:")
            note(f"→ reconcilery repair apply {run.id} --local")
            raise


def _work(resources: Resources, run: Run, stop_if_pressed: Callable[[], None]) -> Run:
    with workplace(resources, run.rule_id, local=True) as bench, run_bar("repairing") as show:
        look = _Look(bench, run.id, show, stop_if_pressed)
        bench.on_item = look.sometimes
        return _until_ended(bench, run.id, look)


def _until_ended(bench: Bench, run_id: str, look: "_Look") -> Run:
    while True:
        look.now()
        run, held = work(bench, run_id)
        if run.state not in {RunState.RUNNING, RunState.VERIFYING}:
            return run
        due = worth_coming_back(bench.resources, run)
        sleep_in_slices(min(LONGEST_SLEEP, held if due is None else max(due, held)), look.sometimes)


def _pause(resources: Resources, run_id: str, actor: str) -> None:
    try:
        control.pause(resources, run_id, actor, reason=f"interrupted by {actor}")
        note("The run is paused; go on with:")
        note(f"→ reconcilery repair resume {run_id} --local")
    except RepairRefused:
        # It had ended, or somebody else was faster.
        note(f"→ reconcilery repair status {run_id}")


class _Look:
    """Shows how far the run is between two items, and stops there when Ctrl-C was pressed."""

    def __init__(self, bench: Bench, run_id: str, show: Show | None, stop_if_pressed: Callable[[], None]) -> None:
        self.bench, self.run_id, self.show, self.stop_if_pressed = bench, run_id, show, stop_if_pressed
        self.shown = 0.0

    def now(self) -> None:
        self.stop_if_pressed()
        if self.show is not None:
            _, progress, _ = look_at(self.bench.resources, self.run_id)
            self.show(progress, self.bench.supply.throttle_reason())
        self.shown = time.monotonic()

    def sometimes(self) -> None:
        self.stop_if_pressed()
        if time.monotonic() - self.shown > SHOWN_EVERY:
            self.now()
