"""`reconcilery config token`: a new token for the HTTP API, shown once, and the lines that let the API know it."""

import json
from datetime import UTC, datetime

import click

from api.http.tokens import new_token, token_hash
from cli.as_json import json_flag, print_object
from cli.terminal import note
from consistency.durations import parse_duration
from consistency.errors import BadRequest
from consistency.model import utc_text
from consistency.token_settings import Scope, TokenSettings

_SCOPES = click.Choice([str(scope) for scope in Scope])


@click.command(epilog="Example: reconcilery config token --scope operate --name ann --for 90d")
@click.option("--scope", type=_SCOPES, default="read", show_default=True, help="What it is good for.")
@click.option("--name", metavar="NAME", help="Who has it; the scope and the date unless said.")
@click.option("--for", "lasting", metavar="DURATION", help="How long it is good, such as 90d; for ever unless said.")
@json_flag
def token(*, scope: str, name: str | None, lasting: str | None, as_json: bool) -> None:
    """Make a token for the HTTP API. It is shown this once; the settings know its hash alone.

    The lines for reconcilery.toml go to stdout and the token to stderr, so that `>> reconcilery.toml` keeps the former.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    made = new_token()
    entry = {"name": _name(name or f"{scope}-{now:%Y%m%d%H%M%S}"), "scope": scope, "sha256": token_hash(made)}
    expires = _expiry(lasting, now) if lasting else None
    if as_json:
        print_object(token=made, **entry, expires=utc_text(expires) if expires else None)
        return
    click.echo("[[api_tokens]]")
    for key, value in entry.items():
        click.echo(f"{key} = {json.dumps(value)}")
    if expires:
        click.echo(f"expires = {utc_text(expires)}")
    note(f"Token, shown this once: {made}")
    note("Put the lines above into reconcilery.toml and start the API again; clients send: Authorization: Bearer TOKEN")


def _name(name: str) -> str:
    try:
        TokenSettings(name=name, sha256="0" * 64)
    except ValueError:
        raise BadRequest(
            f"--name: {name[:80]!r} is no name; use 1 to 64 letters, digits, spaces and . _ - : / @"
        ) from None
    return name


def _expiry(lasting: str, now: datetime) -> datetime:
    try:
        expires = now + parse_duration(lasting)
    except ValueError as error:
        raise BadRequest(f"--for: {error}") from None
    except OverflowError:
        raise BadRequest(f"--for: {lasting!r} is too long; leave it out for a token that is good for ever") from None
    if expires == now:
        raise BadRequest("--for: such a token would never be good; write something like 90d")
    return expires
