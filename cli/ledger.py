"""The ledger as commands open it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consistency.database import database_now, transaction
from consistency.resources import Resources, open_resources, require_ledger
from consistency.settings import load_settings


@contextmanager
def opened_ledger() -> Iterator[Resources]:
    """The resources of a command that needs the own tables; closed at the end of the block."""
    resources = open_resources(load_settings())
    try:
        require_ledger(resources.store)
        yield resources
    finally:
        resources.dispose()


@contextmanager
def reading(resources: Resources) -> Iterator[tuple[Connection, datetime]]:
    """A transaction that only reads, and what time the ledger has."""
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        yield connection, database_now(connection)


@contextmanager
def writing(resources: Resources) -> Iterator[tuple[Connection, datetime]]:
    """A transaction that commits at the end of the block, and what time the ledger has."""
    with transaction(resources.store) as connection:
        yield connection, database_now(connection)


def zone_of(resources: Resources) -> ZoneInfo:
    """The zone in which people read times."""
    return ZoneInfo(resources.settings.timezone)
