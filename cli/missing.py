"""`reconcilery missing`: which tasks lack their output."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from api.views.missing_tasks import plain, record_of
from api.views.times import window_text
from cli.missing_output import table_lines, write_csv, write_json
from cli.orders import DEFAULT_LENGTH, one_rule
from cli.terminal import columns, note, printable
from cli.whole_file import whole_file
from consistency.database import database_now, transaction
from consistency.dates import window_of
from consistency.missing import Question, counted_by, missing_tasks, parent_column
from consistency.resources import Resources, open_resources
from consistency.settings import load_settings
from consistency.source import source_of

SHOWN = 50
TOP = 20


@click.command(epilog="Example: reconcilery missing --start-date 2026-09-15 --csv missing.csv")
@click.option("--rule", metavar="RULE", help="Of which rule; needed where there are several.")
@click.option(
    "--start-date", metavar="DATE", help="Only tasks that finished from then on; the last 24 hours unless said."
)
@click.option(
    "--end-date", metavar="DATE", help="Only tasks that finished before the end of that date; now unless said."
)
@click.option("--group-by", metavar="COLUMN", help=f"Count by a column of the tasks' table; the {TOP} most frequent.")
@click.option("--csv", "csv_file", metavar="FILE", help="Write all of them as CSV to a file, or to stdout with -.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with all of them.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help=f"At most so many; {SHOWN} in a table unless said."
)
def missing(
    rule: str | None,
    start_date: str | None,
    end_date: str | None,
    group_by: str | None,
    csv_file: str | None,
    as_json: bool,  # noqa: FBT001 - click calls it by name
    limit: int | None,
) -> None:
    """List the successful tasks that have no output though their grace period is over, oldest first.

    Reads the application's database as it is now; needs neither the own tables nor Redis.
    """
    if csv_file is not None and (as_json or group_by is not None):
        raise click.UsageError("--csv cannot be combined with --json or --group-by")
    settings = load_settings()
    zone = ZoneInfo(settings.timezone)
    window = window_of(start_date, end_date, zone, datetime.now(UTC), DEFAULT_LENGTH)
    mapping = one_rule(settings, rule)
    resources = open_resources(settings)
    try:
        bound = resources.rule(mapping.id)
        columns_asked = mapping.segments
        if group_by is not None:
            columns_asked = (parent_column(bound, group_by, "--group-by"),)
        with transaction(resources.reader) as connection:
            question = Question(bound, window, database_now(connection), columns_asked)
        if group_by is not None:
            _print_groups(resources, question, group_by, zone, as_json=as_json, limit=limit or TOP)
        elif csv_file is not None:
            _write_csv(resources, question, csv_file, limit)
        elif as_json:
            records = (record_of(task, question.as_of) for task in islice(_tasks(resources, question), limit))
            write_json(sys.stdout.write, _head(question), records)
        else:
            _print_table(resources, question, zone, limit or SHOWN)
    finally:
        resources.dispose()


def _tasks(resources: Resources, question: Question) -> Iterator[Any]:
    return missing_tasks(source_of(resources), question)


def _head(question: Question) -> dict[str, Any]:
    window, as_of = question.window.as_dict(), question.as_of.isoformat().replace("+00:00", "Z")
    return {"schema_version": 1, "rule": question.rule.id, "window": window, "as_of": as_of}


def _print_table(resources: Resources, question: Question, zone: ZoneInfo, limit: int) -> None:
    found = list(islice(_tasks(resources, question), limit + 1))
    span = window_text(question.window, zone)
    if not found:
        note(f"No task that finished from {span} lacks its output.")
        return
    for line in table_lines(found[:limit], question.as_of, question.columns):
        click.echo(line)
    more = f"; the first {limit}, --csv FILE writes all" if len(found) > limit else ""
    note(f"Tasks that finished from {span}{more}")


def _print_groups(
    resources: Resources, question: Question, column: str, zone: ZoneInfo, *, as_json: bool, limit: int
) -> None:
    counts = counted_by(_tasks(resources, question), column, "--group-by")
    total, top = counts.total(), counts.most_common(limit)
    if as_json:
        groups = [{"value": plain(value), "missing": number} for value, number in top]
        content = {**_head(question), "group_by": column, "groups": groups, "values": len(counts), "count": total}
        click.echo(json.dumps(content, ensure_ascii=False))
        return
    rows: Sequence[Sequence[str]] = [
        (str(number), f"{100 * number / total:.1f} %", "(none)" if value is None else printable(value))
        for value, number in top
    ]
    for line in columns([("missing", "share", printable(column)), *rows]):
        click.echo(line)
    note(f"{total} missing, {len(counts)} values of {column}, {window_text(question.window, zone)}")


def _write_csv(resources: Resources, question: Question, name: str, limit: int | None) -> None:
    records = (record_of(task, question.as_of) for task in islice(_tasks(resources, question), limit))
    if name == "-":
        write_csv(sys.stdout, records, question.columns)
        return
    with whole_file(Path(name), "--csv") as out:
        number = write_csv(out, records, question.columns)
    note(f"Wrote {number} missing tasks to {name}")
