"""`reconcilery probe`: is the worker or beat of this machine alive? For container health checks, so it starts quickly.

It looks at the file that the process touches while its main loop turns, and needs neither broker nor database.
"""

import os
from datetime import timedelta
from pathlib import Path

import click

from consistency.durations import duration_text, parse_duration
from consistency.errors import BadRequest
from consistency.heartbeats import heartbeat_age, heartbeat_file
from consistency.setting_sources import gather

PROCESSES = ("worker", "beat")


@click.command(epilog="Example: reconcilery probe worker --max-age 2m")
@click.argument("process", type=click.Choice(PROCESSES))
@click.option("--max-age", default="60s", show_default=True, help="How old its last sign of life may be.")
@click.pass_context
def probe(ctx: click.Context, process: str, max_age: str) -> None:
    """Say whether the worker or beat of this machine is alive: exit code 0 if it is, 1 if not."""
    limit, folder = _limit(max_age), log_folder()
    age = heartbeat_age(folder, process)
    if age is None:
        click.echo(f"{process}: no sign of life at {heartbeat_file(folder, process)}; is it running on this machine?")
    else:
        late = "" if age <= limit.total_seconds() else f", longer than {duration_text(limit)} ago"
        click.echo(f"{process}: last sign of life {age:.0f} s ago{late}")
    ctx.exit(0 if age is not None and age <= limit.total_seconds() else 1)


def _limit(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise BadRequest(f"--max-age: {error}") from None


def log_folder() -> Path:
    """The configured folder of logs; checking all other settings too would take longer than the probe."""
    gathered = gather(("log_dir",), (), {}, os.environ, Path.cwd())
    return Path(str(gathered.values.get("log_dir") or "logs"))
