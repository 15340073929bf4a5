"""`reconcilery repair events`: what happened to a run, and who did it."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import click

from api.views.times import local_text
from cli.as_json import json_flag
from cli.repair.ledger import opened, read_run
from cli.repair.words import state_words
from cli.terminal import columns, fitted, printable, width
from consistency.database import transaction
from consistency.ledger.repair_events import RepairEvent, events_of
from consistency.model import utc_text


@click.command(epilog="Example: reconcilery repair events 1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11")
@click.argument("run_id")
@json_flag
def events(*, run_id: str, as_json: bool) -> None:
    """Show the history of a run: when it was planned, started, paused, ended or taken back, and by whom."""
    with opened() as resources:
        run = read_run(resources, run_id)
        with transaction(resources.reader) as connection:
            found = events_of(connection, run.id)
        zone = ZoneInfo(resources.settings.timezone)
    if as_json:
        content = {"schema_version": 1, "run_id": run.id, "events": [_record(event) for event in found]}
        click.echo(json.dumps(content, ensure_ascii=False))
        return
    for line in columns([_row(event, zone) for event in found]):
        click.echo(fitted(line, width()))


def _record(event: RepairEvent) -> dict[str, Any]:
    at = utc_text(event.created_at)
    return {"seq": event.seq, "type": event.type, "actor": event.actor, "at": at, "payload": event.payload}


def _row(event: RepairEvent, zone: ZoneInfo) -> list[str]:
    shown = (local_text(event.created_at, zone), state_words(event.type), event.actor, payload_text(event.payload))
    return [printable(each) for each in shown]


def payload_text(payload: dict[str, Any]) -> str:
    """The numbers and words of an event on one line; the reason stands alone where there is one."""
    if payload.get("reason"):
        return str(payload["reason"])
    return ", ".join(f"{state_words(name)} {_plain(value)}" for name, value in payload.items() if _tells(value))


def _tells(value: object) -> bool:
    return value is not None and value not in ({}, [], "")


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{state_words(str(name))} {_plain(each)}" for name, each in value.items()) + ")"
    if isinstance(value, list):
        return f"({len(value)})"
    return f"{value:g}" if isinstance(value, float) else str(value)
