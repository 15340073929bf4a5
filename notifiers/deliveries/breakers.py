"""Whether a channel is well: one that keeps failing is left alone, then one sender at a time finds out how it is.

The row of a channel is there from its first failure on; a channel that is well costs no statement.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from consistency.ledger.delivery_tables import channel_states
from notifiers.channels.channel import Outcome, Verdict

IN_A_ROW = 5
FIRST_PROBE = timedelta(minutes=1)
LONGEST_PROBE = timedelta(minutes=15)
ILL = frozenset({Outcome.TRANSIENT, Outcome.UNKNOWN, Outcome.PERMANENT_CHANNEL})


class Standing(StrEnum):
    """What a sender may do with a channel now."""

    FREE = "free"
    PAUSED = "paused"  # the provider wants to be left alone
    BROKEN = "broken"  # nobody asks before the next probe
    PROBE = "probe"  # one may find out whether it is well again


@dataclass(frozen=True, slots=True)
class ChannelState:
    """What is remembered of a channel. `probes` counts those that have failed since it broke."""

    failures: int = 0
    broken_since: datetime | None = None
    paused_until: datetime | None = None
    probes: int = 0
    reason: str | None = None

    def standing(self, now: datetime) -> Standing:
        """What may be done at this moment."""
        waits = self.paused_until is not None and now < self.paused_until
        if self.broken_since is not None:
            return Standing.BROKEN if waits else Standing.PROBE
        return Standing.PAUSED if waits else Standing.FREE


WELL = ChannelState()
_BROKEN = select(channel_states).where(channel_states.c.broken_since.is_not(None))


@dataclass(frozen=True, slots=True)
class Turn:
    """A channel broke or was mended; `reason` says how it failed."""

    channel: str
    broken: bool
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """For the result of a task."""
        return {"channel": self.channel, "broken": self.broken, "reason": self.reason}


def probe_wait(probes: int) -> timedelta:
    """How long a channel is left alone when so many probes have failed."""
    return min(FIRST_PROBE * (1 << min(probes, 10)), LONGEST_PROBE)


def take_probe(connection: Connection, channel: str, now: datetime, until: datetime) -> bool:
    """Be the one who asks a broken channel; if nothing more is heard, another one may from `until` on."""
    free = or_(channel_states.c.paused_until.is_(None), channel_states.c.paused_until <= now)
    asked = and_(channel_states.c.channel == channel, channel_states.c.broken_since.is_not(None), free)
    return connection.execute(update(channel_states).where(asked).values(paused_until=until)).rowcount == 1


def note(
    connection: Connection, channel: str, seen: ChannelState, verdict: Verdict, now: datetime, *, probe: bool
) -> Turn | None:
    """Remember what an attempt says about the channel, and say whether it broke or was mended by that."""
    reason = ": ".join(part for part in (verdict.code, verdict.detail) if part)[:500]
    turn = None
    if verdict.outcome in ILL:
        turn = _note_illness(connection, channel, seen, verdict.outcome, reason, now, probe=probe)
    elif verdict.outcome is not Outcome.RATE_LIMITED:
        turn = _note_health(connection, channel, seen, now, probe=probe)
    elif probe:
        _set_pause(connection, channel, now + FIRST_PROBE)
    if verdict.pause:
        _ensure(connection, channel, seen, now)
        _set_pause(connection, channel, now + verdict.pause)
    return turn


def _note_illness(
    connection: Connection,
    channel: str,
    seen: ChannelState,
    outcome: Outcome,
    reason: str,
    now: datetime,
    *,
    probe: bool,
) -> Turn | None:
    this = channel_states.c.channel == channel
    if probe:
        wait = probe_wait(seen.probes + 1)
        values = {"probes": seen.probes + 1, "paused_until": now + wait, "reason": reason, "updated_at": now}
        connection.execute(
            update(channel_states).where(this, channel_states.c.broken_since.is_not(None)).values(values)
        )
        return None
    _ensure(connection, channel, seen, now)
    # An answer to a question from before it broke says nothing new.
    well = channel_states.c.broken_since.is_(None)
    counted = {"failures": channel_states.c.failures + 1, "reason": reason, "updated_at": now}
    connection.execute(update(channel_states).where(this, well).values(counted))
    enough = 1 if outcome is Outcome.PERMANENT_CHANNEL else IN_A_ROW
    broken = {"broken_since": now, "paused_until": now + FIRST_PROBE, "probes": 0}
    if (
        connection.execute(
            update(channel_states).where(this, well, channel_states.c.failures >= enough).values(broken)
        ).rowcount
        != 1
    ):
        return None
    return Turn(channel, broken=True, reason=reason)


def _note_health(
    connection: Connection, channel: str, seen: ChannelState, now: datetime, *, probe: bool
) -> Turn | None:
    if not (probe or seen.failures):
        return None
    this = channel_states.c.channel == channel
    if not probe:
        still_well = channel_states.c.broken_since.is_(None)
        connection.execute(update(channel_states).where(this, still_well).values(failures=0, updated_at=now))
        return None
    mended = {"failures": 0, "broken_since": None, "paused_until": None, "probes": 0, "updated_at": now}
    ill = channel_states.c.broken_since.is_not(None)
    if connection.execute(update(channel_states).where(this, ill).values(mended)).rowcount != 1:
        return None
    return Turn(channel, broken=False, reason=seen.reason or "")


def _set_pause(connection: Connection, channel: str, until: datetime) -> None:
    """The longest pause counts."""
    earlier = or_(channel_states.c.paused_until.is_(None), channel_states.c.paused_until < until)
    pausing = update(channel_states).where(channel_states.c.channel == channel, earlier)
    connection.execute(pausing.values(paused_until=until))


def _ensure(connection: Connection, channel: str, seen: ChannelState, now: datetime) -> None:
    if seen != WELL:
        return
    present = select(channel_states.c.channel).where(channel_states.c.channel == channel)
    if connection.scalar(present) is not None:
        return
    values = {"channel": channel, "failures": 0, "probes": 0, "updated_at": now}
    try:
        with connection.begin_nested():
            connection.execute(insert(channel_states).values(values))
    except IntegrityError:
        return  # Another sender's attempt has failed at the same moment.


def channel_state(connection: Connection, channel: str) -> ChannelState:
    """How a channel stands."""
    row = connection.execute(select(channel_states).where(channel_states.c.channel == channel)).first()
    return ChannelState(row.failures, row.broken_since, row.paused_until, row.probes, row.reason) if row else WELL


def broken_channels(connection: Connection) -> list[Turn]:
    """The channels that take nothing now, and why: for whoever has not heard of it when it happened."""
    rows = connection.execute(_BROKEN)
    return sorted((Turn(row.channel, broken=True, reason=row.reason or "") for row in rows), key=lambda t: t.channel)
