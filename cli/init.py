"""`reconcilery init`: makes the product's own tables, or brings them up to date."""

import click

from cli.own_tables import make_own_tables, up_to_date
from consistency.resources import open_resources
from consistency.settings import load_settings


@click.command(epilog="Example: reconcilery init")
def init() -> None:
    """Create or upgrade the product's own tables (reconcilery_*); the tables of the application stay as they are.

    Those of checks go to the store, those of repairs always beside the application's tables; where that database
    refuses them, checks still work. May be run again at any time, also by several machines at once.
    """
    resources = open_resources(load_settings())
    try:
        for change in make_own_tables(resources):
            click.echo(f"Applied {change}")
        for told in up_to_date(resources):
            click.echo(told)
    finally:
        resources.dispose()
