"""`reconcilery init`: makes the product's own tables, or brings them up to date."""

import click

from consistency.ledger.schema import create_or_upgrade
from consistency.resources import open_resources
from consistency.settings import load_settings


@click.command(epilog="Example: reconcilery init")
def init() -> None:
    """Create or upgrade the product's own tables (reconcilery_*); the tables of the application stay as they are.

    May be run again at any time, also by several machines at once.
    """
    resources = open_resources(load_settings())
    try:
        done = create_or_upgrade(resources.store)
    finally:
        resources.dispose()
    where = resources.store.url.render_as_string(hide_password=True)
    for change in done:
        click.echo(f"Applied {change}")
    click.echo(f"The own tables in {where} are up to date")
