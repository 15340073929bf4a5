"""The window step by step: how it is counted now, how the checks saw it then, and what is usual."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

from api.report.history import Checked
from api.report.hours import Hours, judged
from api.report.steps import pieces, step_of
from consistency.model import Window, utc_text
from consistency.rules import completion_rate
from consistency.stretches import HOUR, floor_to
from consistency.tally import Tally, merged
from monitor_tasks.hour_points import rounded
from monitor_tasks.onset import onset
from monitor_tasks.trends import HourPoint
from monitor_tasks.volume import JudgedHour, Volume

MOST_STEPS = 400


def series_of(hours: Hours, seen: dict[datetime, Checked], window: Window, zone: ZoneInfo) -> dict[str, Any]:
    """`step_seconds` and rows of whole hours; what nobody counted or saw is None."""
    step, judgements = step_of(window, MOST_STEPS, HOUR), judged(hours, zone)
    rows = [_row(piece, hours, seen, judgements) for piece in pieces(window, step)]
    return {"step_seconds": int(step.total_seconds()), "rows": rounded(rows)}


def seen_by_hour(quick: Iterable[Checked]) -> dict[datetime, Checked]:
    """For each hour the quick check whose own hour lies nearest to it."""
    found: dict[datetime, tuple[timedelta, Checked]] = {}
    for check in quick:
        middle = check.middle
        hour = floor_to(middle, HOUR)
        beside = abs(middle - hour - HOUR / 2)
        if hour not in found or beside < found[hour][0]:
            found[hour] = beside, check
    return {hour: check for hour, (_, check) in found.items()}


def _row(
    piece: Window, hours: Hours, seen: dict[datetime, Checked], judgements: dict[datetime, JudgedHour]
) -> dict[str, Any]:
    starts = [piece.start + number * HOUR for number in range(piece.length // HOUR)]
    counted = [hours.known[start] for start in starts if start in hours.known and start >= hours.whole.start]
    return {
        "start": utc_text(piece.start),
        "end": utc_text(piece.end),
        "hours": len(counted),
        **_counted(counted, measures_delay=hours.measures_delay),
        **_seen([seen[start] for start in starts if start in seen]),
        **_usual([judgements[start] for start in starts if start in judgements], len(counted)),
    }


def _counted(tallies: Sequence[Tally], *, measures_delay: bool) -> dict[str, Any]:
    total = merged(tallies)
    values = {
        "tasks": total.tasks,
        "missing": total.missing,
        "late": total.late if measures_delay else None,
        "completion_rate": completion_rate(total.tasks_with_outputs, total.tasks),
    }
    return values if tallies else dict.fromkeys(values)


def _seen(checks: Iterable[Checked]) -> dict[str, Any]:
    """What quick checks saw at the time; those that could not measure everything saw nothing."""
    whole = [check.counts for check in checks if check.coverage >= 1]
    tasks, missing = (sum(counts[name] or 0 for counts in whole) for name in ("tasks", "missing"))
    values = {"seen_tasks": tasks, "seen_missing": missing, "seen_rate": completion_rate(tasks - missing, tasks)}
    return values if whole else dict.fromkeys(values)


def seen_onset(seen: dict[datetime, Checked]) -> dict[str, Any] | None:
    """The fall that stands out most in what quick checks saw at the time, whatever was put right since."""
    rows = [(hour, _seen([check])) for hour, check in seen.items()]
    points = [
        HourPoint(
            hour, row["seen_tasks"], row["seen_tasks"] - row["seen_missing"], row["seen_missing"], None, None, None
        )
        for hour, row in rows
        if row["seen_tasks"]
    ]
    found: dict[str, Any] | None = rounded(onset(points))
    return found


def _usual(hours: list[JudgedHour], counted: int) -> dict[str, Any]:
    """The sum of what is usual; None unless that is known of every counted hour."""
    if not hours or len(hours) < counted or any(hour.expected is None for hour in hours):
        return {"expected": None, "deviation": None, "volume": None}
    expected = sum(hour.expected or 0 for hour in hours)
    deviation = sqrt(sum((hour.deviation or 0) ** 2 for hour in hours))
    odd = [hour.volume for hour in hours if hour.volume in {Volume.LOW, Volume.HIGH}]
    return {"expected": expected, "deviation": deviation, "volume": str(odd[0]) if odd else str(Volume.USUAL)}
