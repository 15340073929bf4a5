"""`reconcilery alerts silence` and `unsilence`: what need not be told for a while."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from api.orders.lengths import span
from api.views.silences import silence_object
from api.views.times import local_text
from cli.actor import actor
from cli.as_json import json_flag, print_object
from cli.ledger import opened_ledger, writing, zone_of
from cli.named_flags import named_by
from consistency.dates import parse_start
from consistency.errors import BadRequest
from notifiers.alerts.alert import LIVE
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.silences import Silence, add_silence, end_silence

F = TypeVar("F", bound=Callable[..., Any])

_WHICH = {
    "rule": "Of this rule.",
    "service": "Of this service.",
    "kind": "Of this kind, such as missing_outputs.",
    "level": "Of this level.",
    "check": "Found by this check: quick, full or deep.",
    "alert": "This alert.",
}
#: What a wrong value is called where it is checked, and the flag that it was typed with.
_FLAGS = {"end": "--until", "reason": "--reason", **{name: f"--{name}" for name in _WHICH}}
_MOST = 1000


def _matchers(command: F) -> F:
    for name in reversed(_WHICH):
        command = click.option(f"--{name}", metavar=name.upper(), help=f"{_WHICH[name]} May end in *.")(command)
    return command


@click.command(epilog="Example: reconcilery alerts silence --rule task-outputs --for 2h --reason 'provider migrates'")
@_matchers
@click.option("--for", "length", metavar="DURATION", help="For how long from its start, like 30m or 2d.")
@click.option("--until", metavar="TIME", help="Until then, like 2026-09-16T08:00.")
@click.option("--from", "since", metavar="TIME", help="From then on; from now unless said.")
@click.option("--reason", metavar="TEXT", default="", help="Why, for others to read; needed.")
@json_flag
def silence(
    *, length: str | None, until: str | None, since: str | None, reason: str, as_json: bool, **which: str | None
) -> None:
    """Tell nobody of what fits all of these, for a time; what still fires at its end is told then."""
    if length and until:
        raise click.UsageError("--for cannot be combined with --until")
    with opened_ledger() as resources:
        zone = zone_of(resources)
        with writing(resources) as (connection, now):
            starts_at = parse_start(since, zone, now, "--from") if since else now
            matchers = {name: value for name, value in which.items() if value is not None}
            if not matchers:
                raise BadRequest(f"--rule: name what is to be silent, by {', '.join(f'--{name}' for name in _WHICH)}")
            times = {"ends_at": _end(length, until, starts_at, zone, now), "starts_at": starts_at}
            with named_by(_FLAGS):
                made = add_silence(connection, resources.settings, matchers, actor(), reason, now, **times)
            fits = [made.fits(alert) for alert in find_alerts(connection, LIVE, limit=_MOST)]
    if as_json:
        print_object(silence=silence_object(made))
    else:
        click.echo(f"Silence {made.id[:8]} holds {_span(made, zone, now)}; it fits {_number(fits)}.")


def _span(silence: Silence, zone: ZoneInfo, now: datetime) -> str:
    since = f"from {local_text(silence.starts_at, zone)} " if silence.starts_at > now else ""
    return f"{since}until {local_text(silence.ends_at, zone)}"


def _number(fits: list[bool]) -> str:
    if not fits:
        return "nothing that fires now, for nothing does"
    return f"{sum(fits)} of {len(fits)} alerts that fire now"


def _end(length: str | None, until: str | None, starts_at: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    if length:
        return starts_at + span("--for", length)
    if until:
        return parse_start(until, zone, now, "--until")
    raise BadRequest("--for: a silence needs an end, so that nobody forgets it; write --for 2h or --until TIME")


@click.command(epilog="Example: reconcilery alerts unsilence 9c41")
@click.argument("silence_id", metavar="SILENCE")
@json_flag
def unsilence(*, silence_id: str, as_json: bool) -> None:
    """End a silence before its time; what it kept back is told."""
    with opened_ledger() as resources, writing(resources) as (connection, now):
        ended = end_silence(connection, resources.settings, silence_id, actor(), now)
    if as_json:
        print_object(silence=silence_object(ended))
    else:
        click.echo(f"Silence {ended.id[:8]} is over.")
