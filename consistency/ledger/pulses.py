"""Which services have promised to be heard from again, and when they were heard last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from consistency.events import Event, EventType
from consistency.ledger.event_tables import pulses
from consistency.model import parse_utc

#: In the details of a `service_status` event: in how many seconds the next one comes.
PROMISE = "heartbeat_seconds"
#: A service with this status has said goodbye, and is not missed.
STOPPED = "stopped"
_LONGEST = 86_400 * 7
#: From how many periods without a sign of life on it is late, and silent.
LATE_PERIODS = 1.5
SILENT_PERIODS = 3
#: Events may be on their way for some seconds, so whoever promises one each second is not missed at once.
_LATE_AT_LEAST = timedelta(seconds=15)
_SILENT_AT_LEAST = timedelta(seconds=30)


class Life(StrEnum):
    """How a promise is kept, the best first."""

    ALIVE = "alive"
    LATE = "late"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Pulse:
    """The latest sign of life of one process of a service; the next one was promised within `every`."""

    service: str
    instance: str
    last_at: datetime
    every: timedelta
    status: str

    def life(self, now: datetime) -> Life:
        """A sign of life that comes a little late is none the worse for it."""
        unheard = now - self.last_at
        if unheard > max(SILENT_PERIODS * self.every, _SILENT_AT_LEAST):
            return Life.SILENT
        return Life.LATE if unheard > max(LATE_PERIODS * self.every, _LATE_AT_LEAST) else Life.ALIVE


def note_pulses(connection: Connection, heard: Iterable[Event], now: datetime) -> None:
    """Remember the latest promise of each process among these events; one that has stopped is not waited for."""
    for pulse in _latest(heard, now):
        _note(connection, pulse, now)


def latest_pulses(heard: Iterable[Event], now: datetime) -> list[Pulse]:
    """Every process that is expected to be heard from again after these events, and no others."""
    latest = _latest(heard, now)
    ends = {pulse.service: pulse.last_at for pulse in latest if _ends_all(pulse)}
    living = [pulse for pulse in latest if pulse.status != STOPPED]
    return [pulse for pulse in living if pulse.service not in ends or pulse.last_at > ends[pulse.service]]


def _ends_all(pulse: Pulse) -> bool:
    """Whoever says goodbye and names no process speaks for all of the service."""
    return pulse.status == STOPPED and not pulse.instance


def _latest(heard: Iterable[Event], now: datetime) -> list[Pulse]:
    latest: dict[tuple[str, str], Pulse] = {}
    for event in heard:
        pulse = pulse_of(event, now) if event.event_type == EventType.SERVICE_STATUS else None
        if pulse and pulse.last_at >= latest.get((pulse.service, pulse.instance), pulse).last_at:
            latest[pulse.service, pulse.instance] = pulse
    return [latest[key] for key in sorted(latest)]


def pulse_of(event: Event, now: datetime) -> Pulse | None:
    """What the event promises, if it does; a clock that is ahead counts as ours."""
    every, status = event.details.get(PROMISE), str(event.details.get("status", "")).replace("\0", "")[:64]
    promised = isinstance(every, int | float) and not isinstance(every, bool) and 0 < every <= _LONGEST
    if not promised and status != STOPPED:
        return None
    seconds = max(1, round(every)) if promised and every is not None else 0
    # PostgreSQL keeps every character but one.
    instance = str(event.details.get("instance", "")).replace("\0", "")[:200]
    return Pulse(event.service, instance, min(parse_utc(event.timestamp), now), timedelta(seconds=seconds), status)


def all_pulses(connection: Connection) -> list[Pulse]:
    """Every process that is expected to be heard from."""
    living = select(pulses).where(pulses.c.status != STOPPED)
    rows = connection.execute(living.order_by(pulses.c.service, pulses.c.instance))
    return [Pulse(row.service, row.instance, row.last_at, timedelta(seconds=row.every), row.status) for row in rows]


def forget_pulses(connection: Connection, before: datetime) -> int:
    """Forget those that were last heard before then; how many."""
    return connection.execute(delete(pulses).where(pulses.c.last_at < before)).rowcount


def _note(connection: Connection, pulse: Pulse, now: datetime) -> None:
    mine = (pulses.c.service == pulse.service) & (pulses.c.instance == pulse.instance)
    if _ends_all(pulse):
        all_of_it = (pulses.c.service == pulse.service) & (pulses.c.last_at <= pulse.last_at)
        connection.execute(update(pulses).where(all_of_it).values(status=STOPPED, updated_at=now))
    # A goodbye is kept as well, because an earlier sign of life may come in after it.
    values: dict[str, Any] = {
        "last_at": pulse.last_at,
        "every": round(pulse.every.total_seconds()),
        "status": pulse.status,
        "updated_at": now,
    }
    known = connection.scalar(select(pulses.c.last_at).where(mine))
    if known is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(pulses).values(service=pulse.service, instance=pulse.instance, **values))
        except IntegrityError:
            known = pulse.last_at  # Somebody else was quicker.
    if known is not None:
        connection.execute(update(pulses).where(mine, pulses.c.last_at <= pulse.last_at).values(values))
