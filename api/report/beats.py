"""The heartbeat of the checks: for every stretch the gravest that a quick check found, or that none ran."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from api.report.history import Checked
from api.report.steps import pieces, step_of
from consistency.model import Health, Window, utc_text
from consistency.stretches import floor_to

MOST_BEATS = 168
_GRAVEST_FIRST = (Health.UNHEALTHY, Health.DEGRADED, Health.UNKNOWN, Health.HEALTHY)


def beats_of(checks: Sequence[Checked], window: Window, every: timedelta, now: datetime) -> list[dict[str, Any]]:
    """One row a stretch; the last one is left out while it may still get its first check."""
    step = step_of(window, MOST_BEATS, every)
    by_start: dict[datetime, list[Checked]] = {}
    for check in checks:
        by_start.setdefault(floor_to(check.as_of, step), []).append(check)
    rows = (_row(piece, by_start.get(piece.start, ())) for piece in pieces(window, step))
    return [row for row in rows if row["checks"] or row["end"] <= utc_text(now)]


def _row(piece: Window, checks: Iterable[Checked]) -> dict[str, Any]:
    found = list(checks)
    rates = [check.completion_rate for check in found if check.completion_rate is not None]
    healths = {check.health for check in found}
    return {
        "start": utc_text(piece.start),
        "end": utc_text(piece.end),
        "checks": len(found),
        "health": next((str(health) for health in _GRAVEST_FIRST if health in healths), None),
        "lowest_rate": min(rates, default=None),
        "missing": max((check.counts["missing"] or 0 for check in found), default=None),
    }
