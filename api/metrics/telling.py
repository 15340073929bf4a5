"""How telling stands: alerts that fire, messages that wait or were given up, channels, and services."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import Column, Connection, func, select

from api.metrics.families import gauge
from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import deliveries
from consistency.ledger.pulses import Life, all_pulses
from consistency.model import Level
from consistency.settings import Settings
from notifiers.alerts.alert import LIVE
from notifiers.deliveries.breakers import broken_channels
from notifiers.deliveries.states import OPEN, DeliveryState

_SHOWN = sorted({*OPEN, DeliveryState.DEAD})


def telling_metrics(connection: Connection, settings: Settings, now: datetime) -> list[Metric]:
    """The families of alerts, messages, channels and services."""
    active = _count(connection, alerts.c.level, alerts.c.state, LIVE)
    messages = _count(connection, deliveries.c.state, deliveries.c.state, _SHOWN)
    broken = {turn.channel for turn in broken_channels(connection)}
    lives = Counter((pulse.service, str(pulse.life(now))) for pulse in all_pulses(connection))
    services = {service for service, _ in lives}
    return [
        gauge("alerts_active", "Alerts that fire.", ("level",), _all(Level, active)),
        gauge("messages", "Messages that are not sent yet, or were given up.", ("state",), _all(_SHOWN, messages)),
        gauge(
            "channel_broken",
            "1 while a channel takes no messages, 0 otherwise.",
            ("channel",),
            (((channel,), float(channel in broken)) for channel in sorted({*settings.channels, *broken})),
        ),
        gauge(
            "service_instances",
            "Processes of services that have promised a sign of life, by how they keep it.",
            ("service", "life"),
            (((service, str(life)), lives[service, str(life)]) for service in sorted(services) for life in Life),
        ),
    ]


def _count(connection: Connection, by: Column[str], column: Column[str], values: Iterable[str]) -> dict[str, float]:
    counted = select(by, func.count()).where(column.in_(sorted(values))).group_by(by)
    return {str(value): float(number) for value, number in connection.execute(counted)}


def _all(words: Iterable[str], counts: dict[str, float]) -> Iterable[tuple[tuple[str], float]]:
    return (((str(word),), counts.get(str(word), 0.0)) for word in words)
