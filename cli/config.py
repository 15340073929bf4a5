"""`reconcilery config`: what is set and where, what is wrong with it, and a file to begin with."""

import json
import os
from pathlib import Path
from typing import Any

import click

from cli.as_json import json_flag
from cli.config_template import template
from cli.config_token import token
from cli.errors import ReportingGroup
from consistency.errors import BadRequest, ReconcileryError
from consistency.setting_sources import CONFIG_VARIABLE, FILE_NAME
from consistency.settings import Examined, examine_settings, load_settings

_WRONG = 2


@click.group(cls=ReportingGroup)
def config() -> None:
    """Show, check and begin the configuration."""


@config.command()
@json_flag
def show(as_json: bool) -> None:  # noqa: FBT001 - click calls it by keyword
    """Show every setting and where it was set; passwords and keys are hidden."""
    shown = load_settings().masked()
    origins = examine_settings().origins
    if as_json:
        click.echo(_json({"settings": shown, "origins": {name: origins.get(name, "default") for name in shown}}))
        return
    rules = shown.pop("rules")
    rows = [(name, _plain(value), origins.get(name, "default")) for name, value in shown.items()]
    rows += [("rules", _rule_line(rule), origins.get("rules", "default")) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        click.echo(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}")


@config.command()
@json_flag
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001 - click calls it by keyword
    """Tell everything that is wrong, one line each; exit code 2 when something is."""
    examined = examine_settings()
    if as_json:
        click.echo(_json({"ok": not examined.problems, "problems": list(examined.problems)}))
    else:
        for problem in examined.problems:
            click.echo(f"Error: {problem}", err=True)
        if not examined.problems:
            click.echo(_verdict(examined))
    if examined.problems:
        ctx.exit(_WRONG)


@config.command()
def init() -> None:
    """Write a commented reconcilery.toml; one that is there stays as it is."""
    path = Path(os.environ.get(CONFIG_VARIABLE) or FILE_NAME)
    try:
        # Passwords may be written into it, so others do not read it.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise BadRequest(f"{path} is already there; edit it, or move it away first") from None
    except OSError as error:
        raise ReconcileryError(f"{path} cannot be written: {error.strerror}") from None
    click.echo(
        f"Wrote {path}; set database_url in it or in RECONCILERY_DATABASE_URL, then run: reconcilery config check"
    )


config.add_command(token)


def _json(content: dict[str, Any]) -> str:
    return json.dumps({"schema_version": 1, **content}, ensure_ascii=False, indent=2)


def _plain(value: Any) -> str:
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)) or "-"


def _rule_line(rule: dict[str, Any]) -> str:
    return f"{rule['id']}: {rule['parent']['table']} -> {rule['child']['table']}"


def _verdict(examined: Examined) -> str:
    assert examined.settings is not None
    rules = ", ".join(rule.id for rule in examined.settings.rules)
    database = "" if examined.settings.database_url else "; database_url is not set, so there is nothing to check yet"
    return f"The configuration is valid (rules: {rules}){database}"
