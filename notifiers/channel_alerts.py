"""A channel that is broken is an alert, told through the others."""

from datetime import datetime

from sqlalchemy import Connection, select

from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import channel_states
from consistency.model import Level
from consistency.settings import Settings
from notifiers.alerts.alert import alert_of
from notifiers.alerts.kinds import CHANNEL_BROKEN
from notifiers.alerts.observation import Observation, Sight
from notifiers.alerts.storing import UNSETTLED
from notifiers.deliveries.breakers import broken_channels


def observations_of_channels(connection: Connection, settings: Settings, now: datetime) -> list[Observation]:
    """A bad observation of each channel that broke, as of then, and a good one of each that is mended."""
    broken = {turn.channel: turn.reason for turn in broken_channels(connection)}
    since = {row.channel: row.broken_since for row in connection.execute(select(channel_states))}
    bad = [_broken(settings, name, reason, since[name]) for name, reason in broken.items()]
    mine = (alerts.c.kind == CHANNEL_BROKEN) & UNSETTLED
    known = [alert_of(row).labels["channel"] for row in connection.execute(select(alerts).where(mine))]
    return [*bad, *(_mended(settings, name, now) for name in known if name not in broken)]


def _broken(settings: Settings, name: str, reason: str, since: datetime) -> Observation:
    return Observation(
        kind=CHANNEL_BROKEN,
        service=settings.service,
        rule="",
        labels={"channel": name},
        verdict=Sight.BAD,
        level=Level.HIGH,
        at=since,
        summary=f"channel {name} cannot be told anything: {reason}"[:500],
        details={"trouble": reason[:500], "command": f"reconcilery notify test {name}"},
    )


def _mended(settings: Settings, name: str, now: datetime) -> Observation:
    return Observation(
        kind=CHANNEL_BROKEN,
        service=settings.service,
        rule="",
        labels={"channel": name},
        verdict=Sight.GOOD,
        at=now,
        summary=f"channel {name} works again",
    )
