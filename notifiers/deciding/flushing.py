"""A look at one group: what each channel is told, what it then believes, and when to look again; one transaction.

1. Take the group if it is due; whoever comes later finds nothing to do.
2. Read how its alerts stand and what keeps them from being told.
3. Decide for each channel, write the messages into the outbox and what the channel now believes into the log.
4. Tell its events, forget alerts that nobody has to hear of any more, and note when time asks for another look.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, update

from consistency.ledger.delivery_tables import group_members, notification_groups
from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.alerts.alert import Alert
from notifiers.deciding.composing import Envelope, compose
from notifiers.deciding.decision import Reason, decide
from notifiers.deciding.log import Entry, read_log, remember_told
from notifiers.deciding.looking import Look, look
from notifiers.deciding.receivers import Receiver, receivers_of
from notifiers.deciding.suppression import maintenance_at, maintenance_end
from notifiers.deliveries.outbox import enqueue
from notifiers.messages.crowds import gravest_of
from notifiers.messages.message import NoticeFact
from notifiers.routing.due import take_group
from notifiers.routing.hours import next_change, open_at
from notifiers.routing.routes import find_route
from notifiers.routing.waiting import MOST_WAITING, Waiting, mark_told, read_notices, waiting_notices

_CHUNK = 500
#: Of more events than these, programs are told in one look how many more there are.
MOST_ONE_BY_ONE = 100


@dataclass(frozen=True)
class Flushed:
    """The ids of the deliveries to be sent, and by the ids of alerts why nobody is told of them, where that is new."""

    deliveries: tuple[str, ...] = ()
    suppressed: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Events:
    """Events to be told, and how many more there are."""

    told: Sequence[NoticeFact] = ()
    left_out: int = 0


@dataclass
class _Round:
    """What one look comes to while it goes on."""

    connection: Connection
    settings: Settings
    key: str
    seq: int
    now: datetime
    deliveries: list[str] = field(default_factory=list)
    #: The alerts of which some channel still knows.
    believed: set[str] = field(default_factory=set)
    looks: list[datetime | None] = field(default_factory=list)
    last_seq: int = 0


def flush(connection: Connection, settings: Settings, group_key: str, now: datetime) -> Flushed:
    """Look at a group if it is due."""
    group = take_group(connection, group_key, now)
    if group is None:
        return Flushed()
    route = find_route(settings, group.route)
    seen = look(connection, settings, group_key, route, now)
    log = read_log(connection, group_key)
    notices = waiting_notices(connection, group_key)
    open_notices = [each for each in notices if route and _may_be_told(settings, route, each, now)]
    told, left_out = gravest_of(open_notices, MOST_ONE_BY_ONE)
    news = _Events(read_notices(connection, [each.id for each in told]), left_out)
    turn = _Round(connection, settings, group_key, group.seq, now, last_seq=group.seq)
    for receiver in receivers_of(settings, route, log.keys() | seen.stand_ins()):
        _tell(turn, seen, receiver, log.get(receiver.channel), news)
    mark_told(connection, [each.id for each in open_notices], group.seq)
    _forget_members(turn, seen.members)
    done = {each.id for each in open_notices}
    waiting = {(each.service, each.rule): each for each in notices if each.id not in done}
    turn.looks += [seen.next_look(), *(_told_later(settings, route, each, now) for each in waiting.values() if route)]
    turn.looks += [now] if done and len(notices) == MOST_WAITING else []
    _end(turn)
    suppressed = {alert.id: seen.muted[alert.id] or None for alert in seen.members}
    changed = {alert.id for alert in seen.members if alert.suppressed_by != suppressed[alert.id]}
    return Flushed(tuple(turn.deliveries), {each: suppressed[each] for each in sorted(changed)})


def _tell(turn: _Round, seen: Look, receiver: Receiver, entry: Entry | None, news: _Events) -> None:
    told = entry.told if entry else {}
    told_at = entry.told_at if entry else None
    decision = decide(seen.stands(receiver, told), told, told_at, turn.now)
    shown = set(decision.firing) | set(decision.ended)
    alerts = [alert for alert in seen.members if alert.fingerprint in shown]
    is_meant = receiver.after is None and not receiver.former
    _send(turn, receiver, decision.reason, alerts, news if is_meant else _Events())
    turn.believed |= decision.told.keys()
    turn.looks.append(decision.next_look)
    if decision.reason is not None or decision.told != told:
        message = {"told_at": turn.now, "seq": turn.seq, "reason": decision.reason} if decision.reason else {}
        remember_told(turn.connection, turn.key, receiver.channel, decision.told, message, new=entry is None)


def _send(turn: _Round, receiver: Receiver, reason: Reason | None, alerts: list[Alert], news: _Events) -> None:
    """Write the messages into the outbox: events with the alerts for people, each on its own for programs."""
    parcels: list[tuple[Reason, list[Alert], _Events]] = []
    if receiver.one_by_one:
        parcels += [(Reason.EVENT, [], each) for each in _apart(news)]
    if reason is not None or (news.told and not receiver.one_by_one):
        parcels.append((reason or Reason.EVENT, alerts, _Events() if receiver.one_by_one else _for_people(news)))
    for number, (why, told, events) in enumerate(parcels):
        seq = turn.seq + number
        turn.last_seq = max(turn.last_seq, seq)
        envelope = Envelope(turn.key, receiver.channel, seq, turn.now)
        message = compose(envelope, turn.settings, why, told, events.told, events.left_out)
        # Events do not say how alerts stand, so they take the place of nothing.
        supersedes = receiver.supersedes and bool(told)
        sent = enqueue(turn.connection, message, receiver.channel, turn.key, seq, why, supersedes, turn.now)
        turn.deliveries.append(sent)


def _apart(news: _Events) -> list[_Events]:
    """Each on its own; the last one says how many more there are."""
    each = [_Events([fact]) for fact in news.told]
    return [*each[:-1], replace(each[-1], left_out=news.left_out)] if each else []


def _for_people(news: _Events) -> _Events:
    told, dropped = gravest_of(news.told)
    return _Events(told, news.left_out + dropped)


def _may_be_told(settings: Settings, route: RouteSettings, notice: Waiting, now: datetime) -> bool:
    """Not in a maintenance; and the route is open, or was when it happened."""
    zone = ZoneInfo(settings.timezone)
    is_open = any(open_at(route.days, route.hours, moment, zone) for moment in (now, notice.at))
    return is_open and maintenance_at(settings, notice.service, notice.rule, now) is None


def _told_later(settings: Settings, route: RouteSettings, notice: Waiting, now: datetime) -> datetime | None:
    """When it may be told that could not be told now."""
    zone = ZoneInfo(settings.timezone)
    window = maintenance_at(settings, notice.service, notice.rule, now)
    if window is not None:
        return maintenance_end(window, now, zone)
    return next_change(route.days, route.hours, now, zone)


def _forget_members(turn: _Round, members: Iterable[Alert]) -> None:
    """What is over, and of which no channel knows, need not be looked at again."""
    over = sorted(
        alert.id for alert in members if not (alert.is_live or alert.flapping or alert.fingerprint in turn.believed)
    )
    for start in range(0, len(over), _CHUNK):
        some = group_members.c.alert_id.in_(over[start : start + _CHUNK])
        turn.connection.execute(delete(group_members).where(group_members.c.group_key == turn.key, some))


def _end(turn: _Round) -> None:
    """Note when to look again, and which numbers were used up."""
    wake_at = min((moment for moment in turn.looks if moment is not None), default=None)
    values = {"wake_at": wake_at, "seq": turn.last_seq}
    mine = notification_groups.c.key == turn.key
    turn.connection.execute(update(notification_groups).where(mine).values(values))
