"""Events that have no state, kept until their groups are looked at, and told once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from consistency.ledger.delivery_tables import notices
from consistency.settings import Settings
from notifiers.messages.message import NoticeFact
from notifiers.routing.groups import schedule, touch
from notifiers.routing.routes import group_key, group_labels, local, possible_routes, routes_for
from notifiers.routing.timers import timers_of_notice

_KIND = "event"
_LONGEST = 500
_CHUNK = 500


def add_notice(
    connection: Connection, settings: Settings, source: str, notice: NoticeFact, now: datetime, *, urgent: bool = False
) -> list[str]:
    """Keep an event for the groups that it belongs to, once for each `source`; the keys of the groups.

    While no route is open, it waits for those that open later.
    """
    what = (settings, notice.level, notice.rule, notice.service)
    routes = routes_for(*what, local(settings, now)) or possible_routes(*what)
    labelled = [(route, group_labels(route, notice.service, notice.rule, _KIND, {})) for route in routes]
    keyed = sorted(((group_key(route, labels), route, labels) for route, labels in labelled), key=lambda each: each[0])
    for key, route, labels in keyed:
        touch(connection, key, route.id, labels)
        # Nobody else adds to the group while this transaction has touched it, so it is enough to look first.
        if not _is_known(connection, source, key):
            connection.execute(insert(notices).values(source=source, group_key=key, **_values(notice)))
            schedule(connection, key, [(timers_of_notice(route, notice.level), urgent)], now)
    return [key for key, _, _ in keyed]


def _is_known(connection: Connection, source: str, key: str) -> bool:
    chosen = select(notices.c.id).where(notices.c.source == source, notices.c.group_key == key)
    return connection.scalar(chosen) is not None


def _values(notice: NoticeFact) -> dict[str, object]:
    return {
        "event_type": notice.event_type,
        "level": str(notice.level),
        "service": notice.service,
        "rule_id": notice.rule,
        "message": notice.message[:_LONGEST],
        "body": notice.model_dump_json(),
        "occurred_at": notice.at,
    }


def untold_notices(connection: Connection, key: str) -> list[tuple[int, NoticeFact]]:
    """The events of a group that nobody has been told of yet, with their numbers, oldest first."""
    chosen = select(notices.c.id, notices.c.body).where(notices.c.group_key == key, notices.c.seq.is_(None))
    return [(row.id, NoticeFact.model_validate_json(row.body)) for row in connection.execute(chosen.order_by("id"))]


def mark_told(connection: Connection, ids: Sequence[int], seq: int) -> None:
    """Remember which look at the group has told them."""
    for start in range(0, len(ids), _CHUNK):
        chosen = notices.c.id.in_(ids[start : start + _CHUNK])
        connection.execute(update(notices).where(chosen).values(seq=seq))
