"""`reconcilery up`: everything on one machine; with no database configured, a demo that shows the whole story."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from cli.errors import report_errors
from cli.own_tables import make_own_tables
from cli.up.demo import Demo
from cli.up.embedded import choose_broker
from cli.up.folder_lock import alone_in
from cli.up.run import run
from cli.up.second_terminal import for_second_terminal
from cli.up.service import Service
from cli.up.services import api, beat, flower, worker
from cli.up.story import Story
from consistency.errors import BadRequest
from consistency.resources import open_resources
from consistency.settings import Settings, examine_settings, load_settings


@click.command(epilog="Example: reconcilery up --once")
@click.option("--once", is_flag=True, help="Tell the demo's story, then end; exit code 0 only if every step held.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Where Redis, the schedule and the demo keep their files.",
)
def up(once: bool, folder: Path) -> None:  # noqa: FBT001 - click calls it by name
    """Start Redis, worker, beat, the web page and Flower on this machine, and watch the database until Ctrl-C.

    Redis is the configured one, or a private one is started. With no database configured, a small demo application
    is started too; it begins to lose outputs, and the checks find them. After the story it loses more, for you to
    repair.
    """
    with report_errors():
        sys.exit(_up(folder, once=once))


def _up(folder: Path, *, once: bool) -> int:
    demo = None if load_settings().database_url else Demo(folder.resolve() / "demo")
    if once and demo is None:
        raise BadRequest("--once tells the demo's story; unset RECONCILERY_DATABASE_URL to see it")
    with ExitStack() as stack:
        stack.enter_context(alone_in(folder))
        if demo:
            demo.clean()
        broker, page = choose_broker(_configured_redis(), folder / "redis"), api(wished_port=load_settings().api_port)
        watched = flower()
        environment = {**_environment(demo, page, watched), "RECONCILERY_REDIS_URL": broker.url}
        _make_ledger(load_settings(environ={**os.environ, **environment}))
        stack.enter_context(for_second_terminal(folder / "environment", environment))
        redis = [broker.service] if broker.service else []
        services = [*redis, *(demo.services() if demo else []), worker(), beat(folder), page, watched]
        if not once:
            click.echo(f"To type commands in a second terminal, begin there with: . {folder / 'environment'}")
        if demo is None:
            return run(services, environment=environment)
        output = folder / "demo" / "services.log"
        stream = stack.enter_context(output.open("w"))
        click.echo(f"Starting {', '.join(service.name for service in services)}; what they say goes to {output}")
        story = Story(demo, goes_on=not once)
        return run(services, environment=environment, story=story, keep_running=not once, stream=stream)


def _environment(demo: Demo | None, page: Service, watched: Service) -> dict[str, str]:
    """The demo's settings; messages lead to its page, and the page to Flower."""
    linked = {} if load_settings().flower_url else {"RECONCILERY_FLOWER_URL": watched.url}
    return {**linked, **demo.environment(), "RECONCILERY_PUBLIC_URL": page.url} if demo else linked


def _configured_redis() -> str | None:
    examined = examine_settings()
    chosen = examined.settings is not None and "redis_url" in examined.origins
    return examined.settings.redis_url if chosen and examined.settings else None


def _make_ledger(settings: Settings) -> None:
    resources = open_resources(settings)
    make_own_tables(resources)
    resources.dispose()
