"""Events that have no state, kept until their groups are looked at, and told once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from consistency.ledger.delivery_tables import deliveries, notices
from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.messages.message import NoticeFact
from notifiers.routing.groups import schedule, touch
from notifiers.routing.routes import Traits, group_key, group_labels, local, possible_routes, routes_for
from notifiers.routing.timers import Timers, held_back, timers_of_notice

#: Why a message is sent that tells of events alone.
EVENT = "event"
_LONGEST = 500
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that has come in from `source`; a `mild` one is only for routes that name its type."""

    source: str
    notice: NoticeFact
    mild: bool = False


@dataclass
class _Group:
    route: RouteSettings
    labels: Mapping[str, str]
    arrivals: dict[str, NoticeFact] = field(default_factory=dict)


def add_notice(
    connection: Connection, settings: Settings, source: str, notice: NoticeFact, now: datetime, *, urgent: bool = False
) -> list[str]:
    """The same for one event alone."""
    return add_notices(connection, settings, [Arrival(source, notice)], now, urgent=urgent)


def add_notices(
    connection: Connection, settings: Settings, arrived: Iterable[Arrival], now: datetime, *, urgent: bool = False
) -> list[str]:
    """Keep events for the groups that they belong to, once for each `source`; the keys of the groups.

    While no route is open, they wait for those that open later. Groups are locked in the order of their keys.
    """
    groups = _groups(settings, arrived, now)
    for key in sorted(groups):
        group = groups[key]
        touch(connection, key, group.route.id, group.labels)
        # Nobody else adds to the group while this transaction has touched it, so it is enough to look first.
        known = _known(connection, list(group.arrivals), key)
        new = {source: notice for source, notice in group.arrivals.items() if source not in known}
        if new:
            rows = [{"source": source, "group_key": key, **_values(notice)} for source, notice in new.items()]
            connection.execute(insert(notices), rows)
            schedule(connection, key, _waits(connection, key, group.route, new.values(), now, urgent=urgent), now)
    return sorted(groups)


def _groups(settings: Settings, arrived: Iterable[Arrival], now: datetime) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    at = local(settings, now)
    for arrival in arrived:
        notice = arrival.notice
        traits = Traits(notice.level, notice.rule, notice.service, notice.event_type, arrival.mild)
        for route in routes_for(settings, traits, at) or possible_routes(settings, traits):
            labels = group_labels(route, notice.service, notice.rule, EVENT, {})
            group = groups.setdefault(group_key(route, labels), _Group(route, labels))
            group.arrivals[arrival.source] = notice
    return groups


def _waits(
    connection: Connection,
    key: str,
    route: RouteSettings,
    arrived: Iterable[NoticeFact],
    now: datetime,
    *,
    urgent: bool,
) -> Iterator[tuple[Timers, bool]]:
    last = None if urgent else _told_at(connection, key)
    for level in {notice.level for notice in arrived}:
        yield held_back(timers_of_notice(route, level), last, now), urgent


def _told_at(connection: Connection, key: str) -> datetime | None:
    """When the group was last told of events."""
    mine = (deliveries.c.group_key == key) & (deliveries.c.reason == EVENT)
    found: datetime | None = connection.scalar(select(func.max(deliveries.c.created_at)).where(mine))
    return found


def _known(connection: Connection, sources: Sequence[str], key: str) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(sources), _CHUNK):
        some = notices.c.source.in_(sources[start : start + _CHUNK])
        chosen = select(notices.c.source).where(notices.c.group_key == key, some)
        found.update(connection.scalars(chosen))
    return found


def _values(notice: NoticeFact) -> dict[str, object]:
    return {
        "event_type": notice.event_type,
        "level": str(notice.level),
        "service": notice.service,
        "rule_id": notice.rule,
        # PostgreSQL keeps every character but one.
        "message": notice.message.replace("\0", "")[:_LONGEST],
        "body": notice.model_dump_json(),
        "occurred_at": notice.at,
    }
