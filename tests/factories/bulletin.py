"""A house whose alerts are told to channels, at moments that a test chooses; nothing is sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Table, func, select

from consistency.database import transaction
from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import deliveries, notification_groups
from consistency.model import Level
from consistency.settings import Settings
from notifiers.alerts import handling
from notifiers.alerts.alert import Alert, alert_of
from notifiers.alerts.ingest import ingest
from notifiers.alerts.observation import Observation
from notifiers.alerts.silences import add_silence
from notifiers.deciding.flushing import flush
from notifiers.deciding.muting import note_muted
from notifiers.messages.message import Message, NoticeFact
from notifiers.routing.due import due_groups
from notifiers.routing.notices import add_notice
from tests.factories.observing import seen
from tests.factories.own_tables import make_own_tables

#: A Monday, noon.
NOON = datetime(2025, 9, 15, 12, 0, tzinfo=UTC)


def settings_with(**values: Any) -> Settings:
    """Two channels unless others are given."""
    return Settings.model_validate({"channels": {"chat": console(), "mail": console()}, **values})


def console() -> dict[str, str]:
    return {"kind": "console"}


def feishu() -> dict[str, str]:
    return {"kind": "feishu", "url": "https://open.feishu.cn/open-apis/bot/v2/hook/0123456789"}


def webhook() -> dict[str, str]:
    return {"kind": "webhook", "url": "https://hooks.example/in"}


def route(name: str, *receivers: str, **values: Any) -> dict[str, Any]:
    return {"id": name, "receivers": receivers, **values}


def wrong(letter: str = "h", number: int = 0, **how: Any) -> Observation:
    """What is seen of the thing with that number; l, m, h, c for bad, g for good, at once enough to be told."""
    return seen(letter, **{"labels": {"check": f"c{number}"}, "bad_needed": 1, "good_needed": 1, **how})


def notice(level: Level = Level.LOW, at: datetime = NOON, **values: Any) -> NoticeFact:
    known = {"event_type": "sync_success", "service": "studio", "rule": "task-outputs", "message": "done"}
    return NoticeFact(**{"level": level, "at": at, **known, **values})


@dataclass
class Bulletin:
    """The house; `after` counts seconds from noon everywhere."""

    engine: Engine
    settings: Settings

    def see(self, after: float, *observed: Observation) -> tuple[str, ...]:
        """Take in what was seen then; the keys of the groups that are to be looked at."""
        now = moment(after)
        at_then = [_at(each, now) for each in observed]
        with transaction(self.engine) as connection:
            return ingest(connection, self.settings, at_then, now).groups

    def happen(self, after: float, *sources: str, **values: Any) -> list[str]:
        """Events come in from there."""
        keys: list[str] = []
        for source in sources:
            with transaction(self.engine) as connection:
                keys += add_notice(connection, self.settings, source, notice(at=moment(after), **values), moment(after))
        return keys

    def look(self, after: float) -> list[str]:
        """Look at the groups that are due then; what was decided, as `channel: reason alerts -ended events`."""
        return [told(channel, message) for channel, message in self.messages(after)]

    def messages(self, after: float) -> list[tuple[str, Message]]:
        """The same as messages."""
        found: list[tuple[str, Message]] = []
        with transaction(self.engine) as connection:
            keys = due_groups(connection, moment(after), limit=100)
        for key in keys:
            with transaction(self.engine) as connection:
                flushed = flush(connection, self.settings, key, moment(after))
                note_muted(connection, flushed.suppressed, moment(after))
            found += self._sent(flushed.deliveries)
        return found

    def _sent(self, ids: Iterable[str]) -> list[tuple[str, Message]]:
        chosen = select(deliveries).where(deliveries.c.id.in_(list(ids)))
        with transaction(self.engine) as connection:
            rows = list(connection.execute(chosen.order_by(deliveries.c.channel, deliveries.c.seq)))
        return [(row.channel, Message.model_validate_json(row.message)) for row in rows]

    def next_look(self) -> float | None:
        """Seconds from noon to when some group is looked at next."""
        with transaction(self.engine) as connection:
            groups = list(connection.execute(select(notification_groups)))
        moments = [each for group in groups for each in (group.flush_at, group.wake_at) if each is not None]
        return min(((each - NOON).total_seconds() for each in moments), default=None)

    def silence(self, after: float, until: float, **matchers: str) -> str:
        """Somebody silences what fits; the id of the silence."""
        with transaction(self.engine) as connection:
            now, end = moment(after), moment(until)
            return add_silence(connection, self.settings, matchers, "ann", "known", now, ends_at=end).id

    def acknowledge(self, number: int, after: float, until: float) -> None:
        """Somebody takes the alert with that number on."""
        given = self.alert(number).id
        with transaction(self.engine) as connection:
            handling.acknowledge(connection, self.settings, given, "ann", moment(after), until=moment(until))

    def count(self, table: Table) -> int:
        with transaction(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0

    def alert(self, number: int = 0) -> Alert:
        mark = wrong(number=number).fingerprint
        with transaction(self.engine) as connection:
            return alert_of(connection.execute(select(alerts).where(alerts.c.fingerprint == mark)).one())


def moment(after: float) -> datetime:
    return NOON + timedelta(seconds=after)


def _at(observation: Observation, now: datetime) -> Observation:
    values = {name: getattr(observation, name) for name in observation.__dataclass_fields__}
    return Observation(**{**values, "at": now})


def told(channel: str, message: Message) -> str:
    """Such as `chat: some_resolved c1 -c0 sync_success`."""
    firing = sorted(alert.labels["check"] for alert in message.firing)
    ended = sorted(f"-{alert.labels['check']}" for alert in message.resolved)
    events = [event.event_type for event in message.notices]
    return " ".join([f"{channel}: {message.reason}", *firing, *ended, *events])


def bulletin(engine: Engine, **settings: Any) -> Bulletin:
    make_own_tables(engine)
    return Bulletin(engine, settings_with(**settings))
