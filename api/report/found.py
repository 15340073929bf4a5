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
from consistency.model import Window
from consistency.resources import Resources
from consistency.settings import Settings
from consistency.tally import Tally


@dataclass(frozen=True)
class Found:
    """The ledger's part. `total` is the sum of the counted hours of the window; `checks` are all that ran in it."""

    settings: Settings
    mapping: RuleMapping
    rule_hash: str
    window: Window
    now: datetime
    checks: list[Checked]
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
    def current(self) -> list[Checked]:
        """The checks with the rule as it is now; numbers of others would not be comparable."""
        return [check for check in self.checks if check.rule_hash == self.rule_hash]


def find(connection: Connection, resources: Resources, window: Window, rule_id: str, now: datetime) -> Found:
    """Read it in one transaction on the own tables, and in the day files."""
    settings = resources.settings
    (mapping,) = settings.rule_by_id(rule_id)
    history = history_of(connection, resources, rule_id, window)
    hours = hours_of(connection, settings, mapping, window, now)
    return Found(
        settings=settings,
        mapping=mapping,
        rule_hash=rule_hash(mapping),
        window=window,
        now=now,
        checks=history.checks,
        from_files=history.from_files,
        unreadable=history.unreadable,
        hours=hours,
        total=hours.total,
        alerts=alerts_of(connection, rule_id, window),
    )
