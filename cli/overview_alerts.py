"""What `status` tells of alerts and of the channels that tell them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cli.alerts.told import alert_object, short_id, stands_text
from cli.moments import ago_text
from cli.terminal import columns, printable
from consistency.model import parse_utc
from notifiers.alerts.alert import LIVE
from notifiers.alerts.handling import find_alerts
from notifiers.deliveries.breakers import broken_channels
from notifiers.deliveries.dead import dead_deliveries

SHOWN = 10
_MOST = 1000


def alerts_overview(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """What fires, the latest change first."""
    return [
        {**alert_object(alert), "short_id": short_id(alert), "stands": stands_text(alert, now)}
        for alert in find_alerts(connection, LIVE, limit=_MOST)
    ]


def channels_overview(connection: Connection) -> dict[str, Any]:
    """Which channels are broken and why, and how many messages were given up, up to a hundred."""
    broken = [{"channel": turn.channel, "reason": turn.reason} for turn in broken_channels(connection)]
    return {"broken": broken, "dead_messages": len(dead_deliveries(connection))}


def alert_lines(alerts: Sequence[dict[str, Any]], channels: dict[str, Any], now: datetime) -> Iterator[str]:
    """A chapter, or nothing where nothing is wrong."""
    rows = [_row(alert, now) for alert in alerts[:SHOWN]]
    if rows:
        yield from ("", "alerts", *columns(rows, "  "))
    if len(alerts) > SHOWN:
        yield f"  … and {len(alerts) - SHOWN} more: reconcilery alerts list"
    for each in channels["broken"]:
        yield f"✖ channel {each['channel']} cannot be told anything: {printable(each['reason'])}"
    if channels["dead_messages"]:
        yield f"⚠ {channels['dead_messages']} messages were given up: reconcilery notify dead"


def _row(alert: dict[str, Any], now: datetime) -> list[str]:
    since = ago_text(parse_utc(alert["starts_at"]), now) if alert["starts_at"] else "-"
    shown = (alert["short_id"], alert["level"] or "-", alert["stands"], since, f"{alert['rule']}: {alert['summary']}")
    return [printable(each) for each in shown]
