"""How the services are that have promised to be heard from: each by its processes."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from consistency.ledger.pulses import Life, Pulse
from consistency.model import utc_text

_LIVELIEST = list(Life).index


def services_of(pulses: Iterable[Pulse], now: datetime) -> list[dict[str, Any]]:
    """Each service by name with its processes; it is as alive as the liveliest of them."""
    ordered = sorted(pulses, key=lambda pulse: (pulse.service, pulse.instance))
    grouped = groupby(ordered, key=lambda pulse: pulse.service)
    return [_service(name, list(mine), now) for name, mine in grouped]


def _service(name: str, pulses: list[Pulse], now: datetime) -> dict[str, Any]:
    life = min((pulse.life(now) for pulse in pulses), key=_LIVELIEST)
    latest = max(pulse.last_at for pulse in pulses)
    instances = [_instance(pulse, now) for pulse in pulses]
    return {"service": name, "state": life, "last_heard": utc_text(latest), "instances": instances}


def _instance(pulse: Pulse, now: datetime) -> dict[str, Any]:
    return {
        "instance": pulse.instance,
        "state": pulse.life(now),
        "says": pulse.status,
        "last_heard": utc_text(pulse.last_at),
        "every_seconds": round(pulse.every.total_seconds()),
    }
