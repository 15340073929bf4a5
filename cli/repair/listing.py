"""`reconcilery repair list`: the latest runs."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.as_json import json_flag
from cli.orders import one_rule
from cli.repair.flags import idle_flags
from cli.repair.ledger import opened
from cli.repair.words import state_words
from cli.terminal import columns, fitted, note, printable, width
from compensation.runs import latest_runs
from compensation.states import ItemState
from compensation.summary import summary_of
from consistency.database import transaction
from consistency.model import parse_utc

SHOWN = 20


@click.command("list", epilog="Example: reconcilery repair list --limit 5")
@click.option("--rule", metavar="RULE", help="Only runs of this rule.")
@click.option("--limit", type=click.IntRange(min=1, max=1000), default=SHOWN, show_default=True, metavar="N")
@idle_flags("--local", "--yes")
@json_flag
def list_runs(*, rule: str | None, limit: int, as_json: bool) -> None:
    """List the latest runs and plans, newest first."""
    with opened() as resources:
        rule_id = None if rule is None else one_rule(resources.settings, rule).id
        with transaction(resources.reader) as connection:
            found = [summary_of(connection, run) for run in latest_runs(connection, limit, rule_id)]
        zone = ZoneInfo(resources.settings.timezone)
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "runs": found}, ensure_ascii=False))
    elif not found:
        note("There is no repair run yet; reconcilery repair plan makes one.")
    else:
        header = ("run", f"made ({zone.key})", "state", "repaired", "rule", "by")
        for line in columns([header, *(_row(summary, zone) for summary in found)]):
            click.echo(fitted(line, width()))


def _row(summary: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    made = f"{parse_utc(summary['created_at']).astimezone(zone):%Y-%m-%d %H:%M}"
    counts = summary["counts"]
    repaired = f"{counts.get(ItemState.DONE, 0)} of {sum(counts.values())}"
    shown = (summary["run_id"], made, state_words(summary["state"]), repaired, summary["rule"], summary["created_by"])
    return tuple(map(printable, shown))
