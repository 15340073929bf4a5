"""The product's own tables as endpoints use them: short transactions, each in the thread of the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Connection

from api.services import Services, UsesServices
from consistency.database import database_now, transaction


class Ledger:
    """Both ways yield the connection and what time the ledger has; DatabaseError when it does not answer."""

    def __init__(self, services: Services) -> None:
        self._store = services.resources.store

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, datetime]]:
        """A transaction that only reads."""
        with transaction(self._store.execution_options(readonly=True)) as connection:
            yield connection, database_now(connection)

    @contextmanager
    def writing(self) -> Iterator[tuple[Connection, datetime]]:
        """A transaction that commits at the end of the block, so before the answer goes out."""
        with transaction(self._store) as connection:
            yield connection, database_now(connection)


async def _ledger(services: UsesServices) -> Ledger:
    return Ledger(services)


UsesLedger = Annotated[Ledger, Depends(_ledger)]
