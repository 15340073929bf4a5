"""A service that has promised to be heard from and is silent is an alert, until it is heard again or says goodbye."""

import shlex
from datetime import datetime

from sqlalchemy import Connection, select

from consistency.durations import duration_text
from consistency.ledger.alert_tables import alerts
from consistency.ledger.pulses import Life, Pulse, all_pulses
from consistency.model import Level, utc_text
from consistency.settings import Settings
from notifiers.alerts.alert import alert_of
from notifiers.alerts.kinds import SERVICE_SILENT
from notifiers.alerts.observation import Observation, Sight
from notifiers.alerts.storing import UNSETTLED

#: The first time may be when we start after a long stop, before the events of meanwhile have come in.
_SIGHTINGS = 2


def silent_services(connection: Connection, settings: Settings, now: datetime) -> list[Observation]:
    """A bad observation of each service of which no process is heard, and a good one of each that is no longer missed.

    While a service is silent, there is one observation a period, however often this is asked.
    """
    del settings
    latest: dict[str, Pulse] = {}
    for pulse in all_pulses(connection):
        best = latest.setdefault(pulse.service, pulse)
        if (_is_silent(best, now), pulse.last_at) > (_is_silent(pulse, now), best.last_at):
            latest[pulse.service] = pulse
    silent = {name: pulse for name, pulse in latest.items() if _is_silent(pulse, now)}
    chosen = select(alerts).where(alerts.c.kind == SERVICE_SILENT, UNSETTLED)
    told = [alert_of(row).service for row in connection.execute(chosen)]
    good = [_heard(name, latest.get(name), now) for name in told if name not in silent]
    return [*(_silent(pulse, now) for pulse in silent.values()), *good]


def _is_silent(pulse: Pulse, now: datetime) -> bool:
    return pulse.life(now) is Life.SILENT


def _silent(pulse: Pulse, now: datetime) -> Observation:
    name, since = pulse.service, pulse.last_at
    return Observation(
        kind=SERVICE_SILENT,
        service=name,
        rule="",
        labels={"service": name},
        verdict=Sight.BAD,
        level=Level.HIGH,
        at=since + (now - since) // pulse.every * pulse.every,
        summary=f"nothing was heard from {name} since {utc_text(since)}; one sign of life is due every"
        f" {duration_text(pulse.every)}",
        details={
            "silent_since": utc_text(since),
            "due_every": int(pulse.every.total_seconds()),
            "command": f"reconcilery events list --service {shlex.quote(name)}",
        },
        bad_needed=_SIGHTINGS,
    )


def _heard(name: str, pulse: Pulse | None, now: datetime) -> Observation:
    summary = f"{name} is heard again" if pulse else f"{name} is not expected to be heard any more"
    return Observation(
        kind=SERVICE_SILENT,
        service=name,
        rule="",
        labels={"service": name},
        verdict=Sight.GOOD,
        at=now,
        summary=summary,
    )
