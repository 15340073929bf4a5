"""From stored and fresh tallies to the points that trends, onsets and usual volumes are made of."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from consistency.ledger.runs import Run
from consistency.mapping import RuleMapping
from consistency.model import Window
from consistency.stretches import ceil_to, floor_to
from consistency.tally import Slots, Tally
from monitor_tasks.comparison import Summary
from monitor_tasks.trends import HOUR, HourPoint

_SIGNIFICANT_DIGITS = 6


def points_of(tallies: Mapping[int, Tally], *, measures_delay: bool) -> list[HourPoint]:
    """One point an hour, from tallies by the hour's start in seconds since 1970, from the first hour with a task on.

    Before its first task an application was not idle but not there, which says nothing about what is usual.
    """
    first = min((start for start, tally in tallies.items() if tally.tasks), default=0)
    return [
        HourPoint(
            start=datetime.fromtimestamp(start, UTC),
            tasks=tally.tasks,
            with_outputs=tally.tasks_with_outputs,
            missing=tally.missing,
            late=tally.late if measures_delay else None,
            delay_p50=None,
            delay_p95=None,
            delays=tally.delays,
        )
        for start, tally in sorted(tallies.items())
        if start >= first
    ]


def side_of(tally: Tally, *, measures_delay: bool) -> Summary:
    """What was counted on one side of a date, as the comparison wants it."""
    late = tally.late if measures_delay else None
    return Summary(
        tasks=tally.tasks, with_outputs=tally.tasks_with_outputs, missing=tally.missing, late=late, delays=tally.delays
    )


def by_hour(slots: Slots) -> Slots:
    """Slots of a few minutes added up to hours."""
    hours = Slots()
    for start, tally in slots.tallies.items():
        hours.at(start - start % int(HOUR.total_seconds())).merge(tally)
    return hours


def whole_window(run: Run, mapping: RuleMapping) -> Window:
    """The whole hours of the run's window in which every task has matured."""
    start = ceil_to(run.window.start, HOUR)
    end = floor_to(min(run.window.end, run.as_of - mapping.grace), HOUR)
    return Window(start, max(start, end))


def rounded(value: Any) -> Any:
    """The same JSON with numbers of six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value
