"""What a sender works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from consistency.database import ISOLATION, database_errors, transaction
from consistency.resources import Resources
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.switchboard import Switchboard


@dataclass(frozen=True)
class Post:
    """The ledger, the channels and their limits, for which it waits up to `patience` seconds.

    A delivery that it does not come back with is free again after the channel's timeout, `patience` and `margin`.
    """

    resources: Resources
    channels: Switchboard
    limiter: Limiter
    worker: str
    patience: float = 1.0
    margin: timedelta = timedelta(seconds=30)
    #: A connection that is kept while many are sent; None takes one of the pool for each transaction.
    held: Connection | None = None

    @property
    def lease_margin(self) -> timedelta:
        """For how much longer than its channel's timeout a delivery is taken in hand."""
        return self.margin + timedelta(seconds=self.patience)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction on the ledger that commits at the end of the block."""
        if self.held is None:
            with transaction(self.resources.store) as connection:
                yield connection
        else:
            with database_errors(self.resources.store), self.held.begin():
                yield self.held

    @property
    def turns_over_at_once(self) -> bool:
        """Whether the database can do in one statement what is usual between two attempts."""
        return self.held is not None and self.held.dialect.name == "postgresql"

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """The connection that is kept, for one statement that is a transaction by itself; that spares round trips."""
        assert self.held is not None
        with database_errors(self.resources.store):
            alone = self.held.execution_options(isolation_level="AUTOCOMMIT")
            try:
                with alone.begin():
                    yield alone
            finally:
                if not alone.invalidated:
                    alone.execution_options(isolation_level=ISOLATION)

    @contextmanager
    def holding(self) -> "Iterator[Post]":
        """The same with a connection of its own, which need not be tried before each transaction."""
        with database_errors(self.resources.store), self.resources.store.connect() as connection:
            yield replace(self, held=connection)
