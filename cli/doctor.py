"""`reconcilery doctor`: looks at everything a check needs, and says what to do where something is wrong."""

import json
from collections.abc import Iterator

import click

from cli.as_json import json_flag
from cli.diagnosis import Diagnosis, State, diagnosis, worst
from cli.doctor_database import examine_databases
from cli.doctor_provider import examine_provider
from cli.doctor_services import examine_services
from cli.terminal import has_colours, printable
from consistency.errors import ConfigurationError
from consistency.resources import open_resources
from consistency.settings import Settings, examine_settings

SCHEMA_VERSION = 1
_LOOKS = {State.OK: ("✔", "green"), State.WARN: ("⚠", "yellow"), State.FAIL: ("✖", "red")}


@click.command(epilog="Example: reconcilery doctor --json")
@json_flag
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001 - click calls it by name
    """Look at the settings, databases, rules, indexes, clocks, Redis, the workers, beat, the channels and the provider.

    Nothing is changed. Each line says how something stands, and below it what mends it. Exit code 1 if anything fails.
    """
    found = []
    for each in examine_everything():
        found.append(each)
        if not as_json:
            click.echo("\n".join(_lines(each, colours=has_colours())))
    if as_json:
        checks = [each.as_dict() for each in found]
        report = {"schema_version": SCHEMA_VERSION, "state": worst(found), "checks": checks}
        click.echo(json.dumps(report, ensure_ascii=False))
    ctx.exit(1 if worst(found) is State.FAIL else 0)


def examine_everything() -> Iterator[Diagnosis]:
    """All diagnoses, one after the other as they are made."""
    examined_settings = examine_settings()
    for problem in examined_settings.problems:
        yield diagnosis("settings", State.FAIL, problem, "reconcilery config check")
    if examined_settings.settings is None:
        return
    yield diagnosis("settings", State.OK, f"readable; rules: {_names(examined_settings.settings)}")
    yield from _databases(examined_settings.settings)
    yield from examine_services(examined_settings.settings)
    yield from examine_provider(examined_settings.settings)


def _names(settings: Settings) -> str:
    return ", ".join(rule.id for rule in settings.rules)


def _databases(settings: Settings) -> Iterator[Diagnosis]:
    try:
        resources = open_resources(settings)
    except (ConfigurationError, OSError) as error:
        yield diagnosis("database", State.FAIL, str(error))
        return
    try:
        yield from examine_databases(resources)
    finally:
        resources.dispose()


def _lines(each: Diagnosis, *, colours: bool) -> list[str]:
    icon, colour = _LOOKS[each.state]
    mark = f"{icon} {each.state:<4}"
    lines = [f"{click.style(mark, fg=colour) if colours else mark}  {printable(each.check)}: {printable(each.message)}"]
    return [*lines, f"        {printable(each.fix)}"] if each.fix else lines
