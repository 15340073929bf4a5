"""What the states of runs and items are called on a terminal, and which commands come next."""

from collections.abc import Mapping
from typing import Any

import click

from compensation.states import REDRIVABLE, ItemState, RunState

DONE, NOT_DONE, PARTLY = 0, 1, 4

OUTCOMES = {
    ItemState.PENDING: "to be repaired",
    ItemState.LEASED: "in hand",
    ItemState.DEFERRED: "to be tried again later",
    ItemState.DONE: "repaired",
    ItemState.SKIPPED_PRESENT: "have their output",
    ItemState.SKIPPED_PRECONDITION: "left alone (not, or no longer, as a repair needs them)",
    ItemState.NO_OUTPUT: "without an output at the provider too",
    ItemState.UPSTREAM_FAILED: "failed at the provider",
    ItemState.UPSTREAM_GONE: "not known to the provider",
    ItemState.LINK_EXPIRED: "with a link that is dead",
    ItemState.QUARANTINED: "could not be repaired",
    ItemState.YIELDED: "gave way to an output that the application wrote late",
    ItemState.ROLLED_BACK: "taken back",
    ItemState.KEPT_CHANGED: "kept (somebody has changed their rows)",
}
_GOOD, _ATTENTION, _BAD, _NEUTRAL = ("✔", "green"), ("⚠", "yellow"), ("✖", "red"), ("•", "cyan")
_LOOKS = {
    RunState.PAUSED: _ATTENTION,
    RunState.SUCCEEDED: _GOOD,
    RunState.SUCCEEDED_WITH_LEFTOVERS: _ATTENTION,
    RunState.CANCELLED: _ATTENTION,
    RunState.FAILED: _BAD,
    RunState.ROLLED_BACK: _GOOD,
    RunState.ROLLED_BACK_PARTIAL: _ATTENTION,
}
_EXIT_CODES = {
    RunState.PAUSED: NOT_DONE,
    RunState.CANCELLED: NOT_DONE,
    RunState.FAILED: NOT_DONE,
    RunState.SUCCEEDED_WITH_LEFTOVERS: PARTLY,
    RunState.ROLLED_BACK_PARTIAL: PARTLY,
}
_PAUSABLE = {RunState.RUNNING: ("pause", "cancel"), RunState.PAUSED: ("resume", "cancel")}
_ENDED = frozenset({RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_LEFTOVERS, RunState.CANCELLED, RunState.FAILED})


def state_words(state: str) -> str:
    """`succeeded with leftovers`."""
    return state.replace("_", " ")


def state_mark(state: str, *, colours: bool) -> str:
    """`⚠ paused`: never told by the colour alone."""
    icon, colour = _LOOKS.get(RunState(state), _NEUTRAL)
    text = f"{icon} {state_words(state)}"
    return click.style(text, fg=colour, bold=True) if colours else text


def exit_code_of(state: str) -> int:
    """0 done (also where the workers go on), 4 partly repaired or taken back, 1 not done."""
    return _EXIT_CODES.get(RunState(state), DONE)


def count_lines(counts: Mapping[str, int]) -> list[str]:
    """`28 repaired`, `2 failed at the provider`."""
    return [f"{number} {OUTCOMES[ItemState(state)]}" for state, number in counts.items()]


def next_commands(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The commands that make sense now, without `reconcilery repair` and the run's id, and what each does."""
    state = RunState(summary["state"])
    if state is RunState.PLANNED:
        approve = " --yes" if summary["needs_approval"] else ""
        return [("apply" + approve, "repairs them"), ("items", "lists all tasks of the plan")]
    names = [*_PAUSABLE.get(state, ()), "items"]
    if state in _ENDED and any(summary["counts"].get(each) for each in REDRIVABLE):
        names.append("redrive")
    if summary["rows_written"] and (state in _ENDED or state in {RunState.PAUSED, RunState.ROLLED_BACK_PARTIAL}):
        names.append("rollback")
    return [(name, _MEANINGS[name]) for name in names]


_MEANINGS = {
    "pause": "stops it until it is resumed",
    "resume": "goes on with it",
    "cancel": "ends it; what was written stays",
    "items": "lists its tasks with their outcomes",
    "redrive": "tries what was not repaired again, as a new run",
    "rollback": "takes back what it wrote",
}
