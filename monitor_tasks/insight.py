"""What a report says beyond its counts: trend, onset, unusual volumes, the database's state, custom checks."""

from typing import Any

from consistency.host import BoundRule
from consistency.ledger import runs
from consistency.resources import Resources
from consistency.tally import Slots, Tally
from monitor_tasks.measured import Measured
from monitor_tasks.report import Evidence


def add_insight(
    resources: Resources, run: runs.Run, rule: BoundRule, tally: Tally, hours: Slots, history: Slots, evidence: Evidence
) -> None:
    """Fill in the evidence."""


def compare_sides(at: str, measured: Measured) -> dict[str, Any]:
    """The window before and after the date."""
    return {"at": at, "before": measured.before.counts(), "after": measured.after.counts()}
