"""A ledger with closed checks and repairs that are told to channels; messages are decided, and only sent on request."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Table, func, insert, select, update

from consistency.database import database_now, transaction
from consistency.ledger.delivery_tables import deliveries, notification_groups, notification_log
from consistency.ledger.repair_events import untold_events, write_event
from consistency.ledger.repair_tables import repair_runs
from consistency.ledger.tables import check_runs, metadata
from consistency.model import parse_utc, utc_text
from consistency.resources import Resources
from consistency.settings import Settings
from notifiers.alerts.alert import Alert
from notifiers.alerts.handling import find_alerts
from notifiers.messages.message import Message, NoticeFact
from tests.factories.bulletin import settings_with
from tests.factories.own_tables import make_own_tables
from tests.factories.reports import report_of

_RUN = {"rule_hash": "x", "target": "x", "parameters": "{}", "state_version": 1, "next_seq": 1}


@dataclass(frozen=True)
class Newsroom:
    """What lies in the ledger's database `store` and in that of the application; `begin` is half an hour ago."""

    resources: Resources
    begin: datetime

    def with_settings(self, **values: Any) -> "Newsroom":
        """The same as a process with other settings sees it."""
        changed = replace(self.resources, settings=settings_with(log_dir=self.settings.log_dir, **values), _bound={})
        return replace(self, resources=changed)

    @property
    def settings(self) -> Settings:
        return self.resources.settings

    def at(self, minutes: float) -> datetime:
        return self.begin + timedelta(minutes=minutes)

    def check(self, missing: int, after: float = 0, kind: str = "full", **changes: Any) -> str:
        """A check of 378 tasks that closed then, so many minutes after the beginning; its id."""
        at = self.at(after)
        report = report_of(missing, kind=kind, as_of=at, **changes)
        self.keep(report, at)
        return str(report["check_id"])

    def keep(self, report: dict[str, Any], at: datetime) -> None:
        """The run of a report, as the checks write it."""
        ids = {"id": report["check_id"], "rule_id": report["rule"], "type": report["type"], "rule_hash": "x"}
        window = {
            name: parse_utc(report["window"][name.removeprefix("window_")]) for name in ("window_start", "window_end")
        }
        moments = {"as_of": at, "created_at": at, "closed_at": at, "recorded_at": at}
        written = {"state": "closed", "options": "{}", "report": json.dumps(report)}
        with transaction(self.resources.store) as connection:
            connection.execute(insert(check_runs).values(**ids, **window, **moments, **written))

    def repair(self, *events: tuple[str, dict[str, Any]], run_id: str = "run-1", **columns: Any) -> list[int]:
        """A repair of the hour before the beginning to which this has happened; the ids of the events."""
        scope = {"start": utc_text(self.at(-60)), "end": utc_text(self.at(60))}
        known = {
            "id": run_id,
            "rule_id": "task-outputs",
            "scope": json.dumps(scope),
            "state": "succeeded",
            "dry_run": False,
        }
        with transaction(self.resources.primary) as connection:
            now = database_now(connection)
            values = {**known, **_RUN, "created_by": "ann", "created_at": now, **columns}
            connection.execute(insert(repair_runs).values(values))
            for seq, (kind, payload) in enumerate(events, 1):
                write_event(connection, run_id, seq, kind, "ann", payload, now)
            return [event.id for event in untold_events(connection, run_id)]

    def hurry(self) -> None:
        """As if every group had waited long enough, and what was told before had been told ten minutes ago."""
        with transaction(self.resources.store) as connection:
            connection.execute(update(notification_log).values(told_at=self.at(20)))
            waiting = update(notification_groups).where(notification_groups.c.flush_at.is_not(None))
            connection.execute(waiting.values(flush_at=self.begin))

    def messages(self, channel: str = "chat") -> list[Message]:
        """What was decided to tell a channel, in order."""
        chosen = select(deliveries.c.message).where(deliveries.c.channel == channel).order_by("created_at", "seq")
        with transaction(self.resources.store) as connection:
            return [Message.model_validate_json(text) for text in connection.scalars(chosen)]

    def notices(self, channel: str = "chat") -> list[NoticeFact]:
        return [notice for message in self.messages(channel) for notice in message.notices]

    def reasons(self, channel: str = "chat") -> list[str]:
        return [message.reason for message in self.messages(channel)]

    def alerts(self, kind: str = "missing_outputs") -> list[Alert]:
        with transaction(self.resources.store) as connection:
            return [alert for alert in find_alerts(connection) if alert.kind == kind]

    def count(self, table: Table) -> int:
        engine = self.resources.store if table.metadata is metadata else self.resources.primary
        with transaction(engine) as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0


def newsroom_of(engine: Engine, store: Engine | None = None, **settings: Any) -> Newsroom:
    """A newsroom with the channels `chat` and `mail` unless others are given."""
    make_own_tables(engine)
    if store is not None:
        make_own_tables(store)
    with transaction(store or engine) as connection:
        begin = database_now(connection).replace(microsecond=0) - timedelta(minutes=30)
    return Newsroom(Resources(settings_with(**settings), engine, engine, store or engine), begin)
