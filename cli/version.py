"""`reconcilery version`: what is installed."""

import json
import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

import click

PACKAGES = ("celery", "redis", "sqlalchemy", "psycopg", "pymysql")


@click.command(epilog="Example: reconcilery version --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the versions of the main packages.")
def version(as_json: bool) -> None:  # noqa: FBT001 - click calls it by name
    """Print the version."""
    own = _version("reconcilery")
    if not as_json:
        click.echo(f"reconcilery {own}")
        return
    packages = {name: _version(name) for name in PACKAGES}
    shown = {"schema_version": 1, "version": own, "python": platform.python_version(), "packages": packages}
    click.echo(json.dumps(shown))


def _version(package: str) -> str:
    try:
        return installed_version(package)
    except PackageNotFoundError:
        return "unknown"
