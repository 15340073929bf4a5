"""What one report is made of, once it has been read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from api.report.alerts import alerts_of
from api.report.history import Checked, history_of
from api.report.hours import Hours, hours_of
from consistency.mapping import RuleMapping, rule_hash
from consistency.model import CheckType, Window
from consistency.resources import Resources
from consistency.settings import Settings
from consistency.tally import Tally


@dataclass(frozen=True)
class Found:
    """The ledger's part: `checks` are those with the rule as it is now, `left_out` counts those with another version.

    `total` is the sum of the counted hours of the window.
    """

    settings: Settings
    mapping: RuleMapping
    rule_hash: str
    window: Window
    now: datetime
    checks: list[Checked]
    left_out: int
    from_files: int
    unreadable: int
    hours: Hours
    total: Tally
    alerts: list[dict[str, Any]]

    @property
    def zone(self) -> ZoneInfo:
        """The zone of days."""
        return ZoneInfo(self.settings.timezone)

    @property
    def quick(self) -> list[Checked]:
        """The quick checks."""
        return [check for check in self.checks if check.type is CheckType.QUICK]


def find(connection: Connection, resources: Resources, window: Window, rule_id: str, now: datetime) -> Found:
    """Read it in one transaction on the own tables, and in the day files."""
    settings = resources.settings
    (mapping,) = settings.rule_by_id(rule_id)
    known, history = rule_hash(mapping), history_of(connection, resources, rule_id, window)
    checks = [check for check in history.checks if check.rule_hash == known]
    hours = hours_of(connection, settings, mapping, window, now)
    return Found(
        settings=settings,
        mapping=mapping,
        rule_hash=known,
        window=window,
        now=now,
        checks=checks,
        left_out=len(history.checks) - len(checks),
        from_files=history.from_files,
        unreadable=history.unreadable,
        hours=hours,
        total=hours.total,
        alerts=alerts_of(connection, rule_id, window),
    )
