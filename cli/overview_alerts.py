"""What `status` tells of alerts and of the channels that tell them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from api.views.times import ago_text
from cli.terminal import columns, printable
from consistency.model import parse_utc

SHOWN = 10


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
