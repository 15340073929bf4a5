"""`reconcilery probe`: is a process of this machine alive? For container health checks, so it starts quickly.

Of worker and beat it looks at the file that the process touches while its main loop turns, and needs neither broker nor
database; the HTTP API is asked.
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
API = "api"


@click.command(epilog="Example: reconcilery probe worker --max-age 2m")
@click.argument("process", type=click.Choice([*PROCESSES, API]))
@click.option("--max-age", help="How old the last sign of life of worker or beat may be; 60s unless said.")
@click.option("--alive", is_flag=True, help="Of the api: only whether it turns, whatever else is down.")
@click.pass_context
def probe(ctx: click.Context, process: str, max_age: str | None, alive: bool) -> None:  # noqa: FBT001 - click's way
    """Say whether the worker, beat or HTTP API of this machine is alive: exit code 0 if it is, 1 if not.

    The api is asked whether everything is there that is needed: Redis, the databases, a worker, beat; each has a line.
    """
    if process == API:
        if max_age is not None:
            raise click.UsageError("--max-age is for worker and beat")
        ctx.exit(_probe_api(alive=alive))
    if alive:
        raise click.UsageError("--alive is for the api")
    ctx.exit(_probe_process(process, "60s" if max_age is None else max_age))


def _probe_api(*, alive: bool) -> int:
    from cli.probe_api import address_of, ask  # noqa: PLC0415 - the others start without it

    host, port = address_of(os.environ, Path.cwd())
    well, lines = ask(host, port, "/livez" if alive else "/readyz?verbose")
    for line in lines:
        click.echo(f"{API}: {line}")
    return 0 if well else 1


def _probe_process(process: str, max_age: str) -> int:
    limit, folder = _limit(max_age), log_folder()
    age = heartbeat_age(folder, process)
    if age is None:
        click.echo(f"{process}: no sign of life at {heartbeat_file(folder, process)}; is it running on this machine?")
    else:
        late = "" if age <= limit.total_seconds() else f", longer than {duration_text(limit)} ago"
        click.echo(f"{process}: last sign of life {age:.0f} s ago{late}")
    return 0 if age is not None and age <= limit.total_seconds() else 1


def _limit(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise BadRequest(f"--max-age: {error}") from None


def log_folder() -> Path:
    """The configured folder of logs; checking all other settings too would take longer than the probe."""
    gathered = gather(("log_dir",), (), {}, os.environ, Path.cwd())
    return Path(str(gathered.values.get("log_dir") or "logs"))
