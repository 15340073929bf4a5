"""What has happened some time ago, as rows of the own tables."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from consistency.database import database_now, transaction
from consistency.ledger.alert_tables import alert_changes
from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from consistency.ledger.event_tables import events
from consistency.ledger.tables import check_runs
from consistency.model import utc_text
from tests.factories.reports import report_of

STATEMENTS = {"tasks": {"times": 2, "seconds": 0.5, "slowest": 0.4, "rows": 10}}
DELAYS = {"p50": 2.1, "p95": 48.0, "p99": 120.5, "max": 300.2}


@dataclass(frozen=True)
class Past:
    """Writes into the ledger `store`; `ago` is counted from its clock."""

    store: Engine

    def moment(self, ago: timedelta) -> datetime:
        with transaction(self.store) as connection:
            return database_now(connection) - ago

    def check(
        self, ago: timedelta, seconds: float = 0.3, missing: int = 31, kind: str = "quick", **changes: Any
    ) -> None:
        """A check of 378 tasks that took so long and closed then."""
        at = self.moment(ago)
        known = {"delay_seconds": DELAYS, "database": {"query_seconds": 0.5, "statements": STATEMENTS}}
        report = report_of(missing, kind=kind, as_of=at, **{**known, **changes})
        named = {"id": f"{kind} {utc_text(at)}"[:36], "rule_id": "task-outputs", "rule_hash": "x", "type": kind}
        moments = {"window_start": at, "window_end": at, "as_of": at, "created_at": at - timedelta(seconds=seconds)}
        ended = {"state": "closed", "options": "{}", "closed_at": at, "report": json.dumps(report)}
        with transaction(self.store) as connection:
            connection.execute(insert(check_runs).values(**named, **moments, **ended))

    def event(self, name: str, ago: timedelta, level: str = "info") -> None:
        """A `sync_start` that came in then."""
        at = self.moment(ago)
        row = {"id": name, "occurred_at": at, "received_at": at, "event_type": "sync_start", "level": level}
        with transaction(self.store) as connection:
            connection.execute(insert(events).values(**row, service="datasync", body="{}"))

    def attempt(self, number: int, ago: timedelta, outcome: str = "ok", state: str = "sent") -> None:
        """An attempt of that number to send a message to the channel `ops`."""
        at, name = self.moment(ago), f"message {number}"
        message = {"id": name, "group_key": "g", "channel": "ops", "seq": number, "reason": "fired", "level": "high"}
        stand = {"state": state, "message": "{}", "attempts": 1, "next_at": at, "created_at": at}
        attempt = {"no": 1, "at": at, "outcome": outcome, "code": "", "detail": "", "reply": "", "milliseconds": 5}
        with transaction(self.store) as connection:
            connection.execute(insert(deliveries).values(**message, **stand))
            connection.execute(insert(delivery_attempts).values(id=number, delivery_id=name, **attempt))

    def change(self, number: int, ago: timedelta, change: str = "muted") -> None:
        """A change of that number of an alert of the level `high`."""
        row = {"alert_id": "a", "episode": 1, "change": change, "level": "high", "actor": "x", "payload": "{}"}
        at = self.moment(ago)
        with transaction(self.store) as connection:
            connection.execute(insert(alert_changes).values(id=number, at=at, **row))
