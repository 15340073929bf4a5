"""Groups of alerts and events that share messages: each arrival touches its groups, so that they are looked at."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite

from consistency.ledger.delivery_tables import group_members, notification_groups
from consistency.model import Level
from consistency.settings import Settings
from notifiers.routing.bursts import Burst, arrived
from notifiers.routing.routes import GONE, Traits, find_route, group_key, group_labels, possible_routes
from notifiers.routing.timers import Timers, timers_of

_CHUNK = 500


class Routed(Protocol):
    """What the way of an alert depends on."""

    @property
    def id(self) -> str: ...
    @property
    def level(self) -> Level | None: ...
    @property
    def service(self) -> str: ...
    @property
    def rule_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...


@dataclass
class _Arrivals:
    """What comes into one group at once."""

    route: str
    labels: Mapping[str, str]
    ids: list[str] = field(default_factory=list)
    waits: set[tuple[Timers, bool]] = field(default_factory=set)


def arm(connection: Connection, settings: Settings, alert: Routed, now: datetime, *, urgent: bool) -> list[str]:
    """Have the groups of one alert looked at, in the transaction that changed it; the keys of the groups."""
    return arm_all(connection, settings, [(alert, urgent)], now)


def arm_all(
    connection: Connection, settings: Settings, armed: Iterable[tuple[Routed, bool]], now: datetime
) -> list[str]:
    """Have the groups of changed alerts looked at, each with whether it is urgent; the keys of the groups.

    Groups are locked in the order of their keys, so that those who do so never wait for each other in a circle.
    """
    pairs = list(armed)
    arrivals: dict[str, _Arrivals] = {}
    for alert, urgent in pairs:
        for route in possible_routes(settings, Traits(alert.level, alert.rule_id, alert.service)):
            labels = group_labels(route, alert.service, alert.rule_id, alert.kind, alert.labels)
            group = arrivals.setdefault(group_key(route, labels), _Arrivals(route.id, labels))
            group.ids.append(alert.id)
            group.waits.add((timers_of(route, alert.level or Level.LOW, settings), urgent))
    _add_earlier_groups(connection, settings, pairs, arrivals)
    for key in sorted(arrivals):
        group = arrivals[key]
        touch(connection, key, group.route, group.labels)
        _add_members(connection, key, group.ids)
        schedule(connection, key, group.waits, now)
    return sorted(arrivals)


def _add_earlier_groups(
    connection: Connection, settings: Settings, pairs: list[tuple[Routed, bool]], arrivals: dict[str, _Arrivals]
) -> None:
    """An alert whose level has changed may take other routes now; those told before hear how it ends all the same."""
    known = {alert.id: (alert, urgent) for alert, urgent in sorted(pairs, key=lambda pair: pair[1])}
    joined = group_members.join(notification_groups, notification_groups.c.key == group_members.c.group_key)
    chosen = select(
        group_members.c.alert_id, notification_groups.c.key, notification_groups.c.route, notification_groups.c.labels
    ).select_from(joined)
    for ids in _chunks(sorted(known)):
        for row in connection.execute(chosen.where(group_members.c.alert_id.in_(ids))):
            alert, urgent = known[row.alert_id]
            route = find_route(settings, row.route) or GONE
            group = arrivals.setdefault(row.key, _Arrivals(row.route, json.loads(row.labels)))
            group.waits.add((timers_of(route, alert.level or Level.LOW, settings), urgent))


def touch(connection: Connection, key: str, route: str, labels: Mapping[str, str]) -> None:
    """Lock the group for this transaction, whether it is new or not, so that what follows is seen by the next look.

    It is touched without a condition: one on what another transaction has not committed yet would miss that.
    """
    written = {"route": route, "labels": json.dumps(labels, ensure_ascii=False, sort_keys=True)}
    values = {"key": key, **written, "dirty": 1, "seq": 0}
    more = {"dirty": notification_groups.c.dirty + 1}
    if connection.dialect.name in {"mysql", "mariadb"}:
        connection.execute(mysql.insert(notification_groups).values(values).on_duplicate_key_update(more))
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(notification_groups).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=more))


def schedule(connection: Connection, key: str, waits: Iterable[tuple[Timers, bool]], now: datetime) -> None:
    """Have a group that this transaction has touched looked at in time for these arrivals."""
    mine = notification_groups.c.key == key
    row = connection.execute(select(notification_groups.c.flush_at, notification_groups.c.flush_by).where(mine)).one()
    burst = Burst(row.flush_at, row.flush_by)
    for timers, urgent in sorted(waits, key=_hurry):
        burst = arrived(burst, now, timers, urgent=urgent)
    connection.execute(update(notification_groups).where(mine).values(flush_at=burst.at, flush_by=burst.by))


def _add_members(connection: Connection, key: str, ids: list[str]) -> None:
    for some in _chunks(sorted(set(ids))):
        there = group_members.c.alert_id.in_(some)
        chosen = select(group_members.c.alert_id).where(group_members.c.group_key == key, there)
        if missing := sorted(set(some) - set(connection.scalars(chosen))):
            connection.execute(insert(group_members), [{"group_key": key, "alert_id": each} for each in missing])


def _hurry(wait: tuple[Timers, bool]) -> tuple[bool, timedelta]:
    """The hastiest last, which then says how long it is quiet."""
    timers, urgent = wait
    return urgent, -timers.quiet


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
