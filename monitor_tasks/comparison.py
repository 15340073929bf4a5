"""Before and after a date: did the completion rate change, by how much, and could it be chance?"""

from datetime import datetime
from math import erfc, sqrt
from typing import Any, TypedDict

from consistency.histogram import DelayHistogram
from consistency.model import utc_text
from consistency.rules import completion_rate, rate_text, wilson_interval

#: A difference that chance brings about less often than this is called a change.
SIGNIFICANT_BELOW = 0.01


class Summary(TypedDict):
    """What was counted on one side of the date; `late` is None where lateness cannot be measured."""

    tasks: int
    with_outputs: int
    missing: int
    late: int | None
    delays: DelayHistogram


def two_proportion_p(successes: int, n: int, other_successes: int, other_n: int) -> float | None:
    """How often chance alone makes two rates differ this much (two-sided, Yates' correction); None if an n is 0."""
    if n == 0 or other_n == 0:
        return None
    pooled = (successes + other_successes) / (n + other_n)
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    difference = abs(successes / n - other_successes / other_n) - (1 / n + 1 / other_n) / 2
    return 1.0 if error == 0 or difference <= 0 else erfc(difference / error / sqrt(2))


def share(part: int | None, whole: int) -> float | None:
    """part / whole; None when the part is not known or the whole is 0."""
    return None if part is None or whole == 0 else part / whole


def compare(before: Summary, after: Summary, at: datetime) -> dict[str, Any]:
    """Both sides, the change of the rate in percentage points, its p-value and one sentence; `at` is aware UTC."""
    sides = _side(before), _side(after)
    p_value = two_proportion_p(before["with_outputs"], before["tasks"], after["with_outputs"], after["tasks"])
    points = None if p_value is None else 100 * (sides[1]["completion_rate"] - sides[0]["completion_rate"])
    return {
        "at": utc_text(at),
        "before": sides[0],
        "after": sides[1],
        "change_points": points,
        "p_value": p_value,
        "significant": p_value is not None and p_value < SIGNIFICANT_BELOW,
        "sentence": _sentence(before, after, at, points, p_value),
    }


def _side(summary: Summary) -> dict[str, Any]:
    interval = wilson_interval(summary["with_outputs"], summary["tasks"])
    delays = summary["delays"]
    return {
        "tasks": summary["tasks"],
        "tasks_with_outputs": summary["with_outputs"],
        "missing": summary["missing"],
        "late": summary["late"],
        "completion_rate": completion_rate(summary["with_outputs"], summary["tasks"]),
        "confidence": list(interval) if interval else None,
        "late_share": share(summary["late"], summary["with_outputs"]),
        "delay_seconds": {"p50": delays.percentile(0.5), "p95": delays.percentile(0.95)},
    }


def _sentence(before: Summary, after: Summary, at: datetime, points: float | None, p_value: float | None) -> str:
    date = utc_text(at)
    if points is None or p_value is None:
        empty = "before" if before["tasks"] == 0 else "since"
        return f"no comparison: there are no successful tasks {empty} {date}"
    rates = f"{_rate(before)} before and {_rate(after)} since {date}"
    if p_value >= SIGNIFICANT_BELOW:
        return f"no clear change: {rates} (p = {p_value:.2f})"
    chance = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"  # noqa: PLR2004 - how p-values are written
    size = f"{abs(points):.1f}" if abs(points) >= 0.1 else f"{abs(points):.2g}"  # noqa: PLR2004 - one decimal shows it
    return f"the completion rate {'fell' if points < 0 else 'rose'} by {size} points: {rates} ({chance})"


def _rate(summary: Summary) -> str:
    return f"{rate_text(summary['with_outputs'], summary['tasks'])} of {summary['tasks']} tasks"
