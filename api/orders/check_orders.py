"""What is to be checked, and how it comes into the ledger."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from consistency.errors import DatabaseUnavailable
from consistency.ledger.runs import Run
from consistency.model import CheckType, Window
from consistency.resources import Resources
from monitor_tasks import checks


@dataclass(frozen=True)
class CheckOrder:
    """One check of one rule; without a window the check finds its own."""

    kind: CheckType
    rule_id: str
    window: Window | None = None
    compare_at: datetime | None = None
    detailed: bool = False


def require_rules(resources: Resources, orders: Iterable[CheckOrder]) -> None:
    """Hold all rules against their tables before the first check begins; MappingError for one that does not fit."""
    for order in orders:
        # An outage is for the check itself to record.
        with suppress(DatabaseUnavailable):
            resources.rule(order.rule_id)


def open_check(resources: Resources, order: CheckOrder) -> tuple[Run, bool]:
    """The run of the order in the ledger; False: one was under way already."""
    return checks.start(
        resources,
        order.kind,
        order.rule_id,
        window=order.window,
        compare_at=order.compare_at,
        detailed=order.detailed,
    )
