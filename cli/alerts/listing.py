"""`reconcilery alerts list`: the alerts, those that changed last at first."""

from datetime import datetime
from typing import Any

import click

from api.views.alerts import alert_object, short_id, state_text, taken_text, what_text
from api.views.times import ago_text
from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, reading
from cli.orders import one_rule
from cli.terminal import columns, fitted, note, printable, width
from consistency.model import Level
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.handling import find_alerts

_OPEN = (AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVING)
_SHOWN = 50


@click.command("list", epilog="Example: reconcilery alerts list --level critical")
@click.option("--all", "ended", is_flag=True, help="Also those that are over.")
@click.option("--rule", metavar="RULE", help="Only of this rule.")
@click.option("--level", type=click.Choice([str(level) for level in Level]), help="Only of this level.")
@click.option("--limit", type=click.IntRange(min=1, max=1000), default=_SHOWN, show_default=True, metavar="N")
@json_flag
def list_alerts(*, ended: bool, rule: str | None, level: str | None, limit: int, as_json: bool) -> None:
    """List what is wrong: since when, how often it was seen, who has taken it on."""
    with opened_ledger() as resources:
        rule_id = None if rule is None else one_rule(resources.settings, rule).id
        with reading(resources) as (connection, now):
            states = () if ended else _OPEN
            found = find_alerts(connection, states, rule_id, Level(level) if level else None, limit)
    if as_json:
        print_object(alerts=[alert_object(alert) for alert in found])
    elif not found:
        note("Nothing is wrong that anybody was told of." if not ended else "There has been no alert yet.")
    else:
        header = ("alert", "level", "state", "seen", "since", "taken by", "what")
        for line in columns([header, *(_row(alert, now) for alert in found)]):
            click.echo(fitted(line, width()))


def _row(alert: Alert, now: datetime) -> tuple[str, ...]:
    since = ago_text(alert.starts_at, now) if alert.starts_at else "-"
    shown: tuple[Any, ...] = (
        short_id(alert),
        alert.level or "-",
        state_text(alert),
        f"{alert.times_seen}x",
        since,
        taken_text(alert, now),
        what_text(alert),
    )
    return tuple(map(printable, shown))
