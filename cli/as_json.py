"""Results for programs: one JSON object on stdout."""

import json
from typing import Any

import click

SCHEMA_VERSION = 1

json_flag = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def print_object(**fields: Any) -> None:
    """The object with the version of its shape first."""
    click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **fields}, ensure_ascii=False))
