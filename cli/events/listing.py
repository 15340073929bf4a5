"""`reconcilery events list`: the events that are kept, newest first."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from cli.as_json import json_flag, print_object
from cli.events.choosing import between, choosing, chosen_events
from cli.events.records import write_csv
from cli.events.told import HEADER, event_object, event_row
from cli.ledger import opened_ledger, reading, zone_of
from cli.terminal import columns, fitted, note, width
from cli.whole_file import whole_file
from consistency.ledger.events import EventFilter, StoredEvent, find_events
from consistency.resources import Resources

_SHOWN = 50
_PAGE = 1000


@click.command("list", epilog="Example: reconcilery events list --since 7d --type sync_failure")
@choosing
@click.option("--since", metavar="TIME", default="24h", show_default=True, help="From then on: 7d, 2026-09-15, now-2h.")
@click.option("--until", metavar="TIME", help="Before the end of that date, or before that time.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help=f"At most so many; {_SHOWN} unless said.")
@click.option("--csv", "csv_file", metavar="FILE", help="Write all of them as CSV to a file, or to stdout with -.")
@json_flag
def list_events(
    *,
    types: tuple[str, ...],
    level: str,
    services: tuple[str, ...],
    since: str,
    until: str | None,
    limit: int | None,
    csv_file: str | None,
    as_json: bool,
) -> None:
    """List the events that are kept, newest first, by the time at which they happened."""
    if csv_file is not None and as_json:
        raise click.UsageError("--csv cannot be combined with --json")
    with opened_ledger() as resources:
        with reading(resources) as (connection, now):
            zone = zone_of(resources)
            chosen = between(
                chosen_events(connection, resources.settings, types, level, services), since, until, zone, now
            )
        if csv_file is not None:
            _write_csv(csv_file, islice(_events(resources, chosen), limit))
            return
        found = list(islice(_events(resources, chosen), limit or _SHOWN))
    if as_json:
        print_object(events=[event_object(stored) for stored in found])
    elif not found:
        note("No such event." if until else f"No such event since {since}; --since reaches further back.")
    else:
        for line in columns([HEADER, *(event_row(stored, zone) for stored in found)]):
            click.echo(fitted(line, width()))


def _events(resources: Resources, chosen: EventFilter) -> Iterator[StoredEvent]:
    """All of them, page by page, so that no transaction lasts while somebody reads."""
    last: StoredEvent | None = None
    while True:
        with reading(resources) as (connection, _):
            page = find_events(connection, chosen, _PAGE, last)
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1]


def _write_csv(name: str, found: Iterator[StoredEvent]) -> None:
    if name == "-":
        write_csv(sys.stdout, found)
        return
    with whole_file(Path(name), "--csv") as out:
        number = write_csv(out, found)
    note(f"Wrote {number} events to {name}")
