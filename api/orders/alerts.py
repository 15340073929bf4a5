"""What people do about alerts: take one on, say that one is over, have nobody told of some for a while.

All are given the connection of a transaction that writes, and the ledger's time. Times are texts as people write them:
lengths like `4h`, moments like `2026-09-16T08:00` in the configured zone. BadRequest names the argument that is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from api.orders.lengths import span
from consistency.dates import parse_start
from consistency.errors import BadRequest
from consistency.model import utc_text
from consistency.settings import Settings
from notifiers.alerts import handling
from notifiers.alerts.alert import LIVE, Alert
from notifiers.alerts.silences import Silence, add_silence, end_silence

_MOST = 1000


@dataclass(frozen=True)
class Stretch:
    """From when until when, as typed; what is empty was left out. `names` are what the three are called there."""

    start: str = ""
    length: str = ""
    until: str = ""
    names: tuple[str, str, str] = ("from", "for", "until")

    def begin(self, settings: Settings, now: datetime) -> datetime:
        """Its first moment: now unless said."""
        return parse_start(self.start, ZoneInfo(settings.timezone), now, self.names[0]) if self.start else now

    def end(self, settings: Settings, now: datetime) -> datetime | None:
        """Its last moment, which is still to come; None where none is given."""
        _, length, until = self.names
        if self.length and self.until:
            raise BadRequest(f"{length}: cannot be combined with {until}; give one of them")
        if not (self.length or self.until):
            return None
        begin = self.begin(settings, now)
        if self.length:
            return _to_come(length, begin + span(length, self.length), begin, now)
        return _to_come(until, parse_start(self.until, ZoneInfo(settings.timezone), now, until), begin, now)


def _to_come(name: str, end: datetime, begin: datetime, now: datetime) -> datetime:
    if end <= now:
        raise BadRequest(f"{name}: {utc_text(end)} is over already; give a time to come")
    if end <= begin:
        raise BadRequest(f"{name}: {utc_text(end)} is not after the start, {utc_text(begin)}")
    return end


NOTHING_SAID = Stretch()


def take_on(
    connection: Connection,
    settings: Settings,
    alert_id: str,
    who: str,
    now: datetime,
    *,
    stretch: Stretch = NOTHING_SAID,
    note: str = "",
) -> Alert:
    """Acknowledge an alert: until the end of the stretch (`ack_for` unless said) it is not told again.

    It is told all the same when it becomes worse.
    """
    until = stretch.end(settings, now)
    return handling.acknowledge(connection, settings, alert_id, who, now, until=until, note=note)


def end_alert(
    connection: Connection, settings: Settings, alert_id: str, who: str, now: datetime, *, note: str = ""
) -> Alert:
    """Say that an alert is over; if the next check disagrees, it opens again."""
    return handling.resolve(connection, settings, alert_id, who, now, note=note)


def silence(
    connection: Connection,
    settings: Settings,
    matchers: Mapping[str, str],
    who: str,
    reason: str,
    now: datetime,
    *,
    stretch: Stretch,
) -> tuple[Silence, int]:
    """Tell nobody of what fits all matchers (silences.MATCHERS) for a time; also how many firing alerts that are now.

    A silence needs a reason and an end.
    """
    begins, ends = stretch.begin(settings, now), stretch.end(settings, now)
    if ends is None:
        _, length, until = stretch.names
        raise BadRequest(
            f"{length}: a silence needs an end, so that nobody forgets it; give {length}, such as 2h, or {until}"
        )
    made = add_silence(connection, settings, matchers, who, reason, now, ends_at=ends, starts_at=begins)
    return made, sum(made.fits(alert) for alert in handling.find_alerts(connection, LIVE, limit=_MOST))


def unsilence(connection: Connection, settings: Settings, silence_id: str, who: str, now: datetime) -> Silence:
    """End a silence before its time; what it kept back is told."""
    return end_silence(connection, settings, silence_id, who, now)
