"""Which exit code a check's reports come to."""

from collections.abc import Iterable
from typing import Any

from consistency.model import Health

DONE, NOT_DONE, FOUND = 0, 1, 3
FAIL_ON = {
    "degraded": frozenset({Health.DEGRADED, Health.UNHEALTHY}),
    "unhealthy": frozenset({Health.UNHEALTHY}),
    "never": frozenset[Health](),
}


def exit_code_of(reports: Iterable[dict[str, Any]], fail_on: str) -> int:
    """3 when a report's health is at or over `fail_on`, else 1 when something could not be measured, else 0."""
    all_reports = list(reports)
    if any(report["health"] in FAIL_ON[fail_on] for report in all_reports):
        return FOUND
    return NOT_DONE if any(report["coverage"] < 1 for report in all_reports) else DONE
