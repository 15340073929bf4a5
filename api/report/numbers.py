"""The verdict of a report and the numbers that it rests on."""

from collections.abc import Iterable
from typing import Any

from api.report.found import Found
from api.report.history import Checked
from consistency.model import CheckType, utc_text
from consistency.rules import completion_rate, health_of, level_of, verdict, wilson_interval
from consistency.tally import Tally

#: These two are of the moment of a check, not of an hour.
_FLEETING = {"pending", "clock_skew"}


def verdict_of(found: Found) -> dict[str, Any]:
    """The verdict in one line, what follows from the rate, and how much was counted."""
    hours, total, coverage = found.hours, found.total, round(found.hours.coverage, 6)
    rate = completion_rate(total.tasks_with_outputs, total.tasks)
    late = total.late if hours.measures_delay else None
    return {
        "verdict": verdict(tasks=total.tasks, with_outputs=total.tasks_with_outputs, late=late, coverage=coverage),
        "health": str(health_of(rate, coverage)),
        "level": level_of(rate, total.missing),
        "coverage": coverage,
        "counted": {**hours.whole.as_dict(), "hours": hours.number, "hours_with_data": len(hours.within)},
    }


def numbers_of(found: Found) -> dict[str, Any]:
    """As in the report of a check, summed over the counted hours; and what the latest checks said."""
    total = found.total
    confidence = wilson_interval(total.tasks_with_outputs, total.tasks)
    return {
        "counts": _counts(found, total),
        "completion_rate": completion_rate(total.tasks_with_outputs, total.tasks),
        "confidence": [round(bound, 4) for bound in confidence] if confidence else None,
        "avg_outputs_per_task": round(total.outputs / total.tasks, 4) if total.tasks else None,
        "delay_seconds": _delays(total) if found.hours.measures_delay else None,
        "missing_sample": total.sample.in_order(),
        "latest": [_latest(check) for check in _last_of_each_kind(found.current)],
    }


def _counts(found: Found, total: Tally) -> dict[str, int | None]:
    """What the latest check by the hour could not count is None here too."""
    last = next((check for check in reversed(found.current) if check.type is not CheckType.QUICK), None)
    unmeasured = {name for name, count in (last.counts if last else {}).items() if count is None}
    unmeasured |= set() if found.hours.measures_delay else {"late"}
    counts = {name: count for name, count in total.counts().items() if name not in _FLEETING}
    return {name: None if name in unmeasured else count for name, count in counts.items()}


def _delays(total: Tally) -> dict[str, float | None]:
    found = {name: total.delays.percentile(share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
    found["max"] = total.delays.max_seconds
    return {name: None if seconds is None else round(seconds, 3) for name, seconds in found.items()}


def _last_of_each_kind(checks: Iterable[Checked]) -> list[Checked]:
    by_kind = {check.type: check for check in checks}
    return [by_kind[kind] for kind in CheckType if kind in by_kind and kind is not CheckType.RANGE]


def _latest(check: Checked) -> dict[str, Any]:
    return {
        "type": str(check.type),
        "check_id": check.check_id,
        "as_of": utc_text(check.as_of),
        "health": str(check.health),
        "verdict": check.verdict,
        "completion_rate": check.completion_rate,
        "tasks": check.counts["tasks"],
        "missing": check.counts["missing"],
        "late": check.counts["late"],
    }
