"""Straight into the own tables, for services that reach the database."""

from collections.abc import Collection, Sequence

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DataError, SQLAlchemyError, StatementError

from consistency.database import database_errors, database_now, first_line, transaction
from consistency.errors import DatabaseError, LedgerMissing
from consistency.events import EventLevel, WrittenEvent
from consistency.ledger.event_tables import events as events_table
from consistency.ledger.events import store_events
from consistency.one_line import one_line
from consistency.patience import patient
from monitoring.transports.transport import Refused, Unreachable


class LedgerTransport:
    """Stores each batch in one transaction.

    People are told of events from the level `tell_from` on, and of the types `always` at any level.
    """

    def __init__(self, engine: Engine, tell_from: EventLevel | None, always: Collection[str] = ()) -> None:
        self._engine = engine
        self._tell_from = tell_from
        self._always = always

    @property
    def name(self) -> str:
        return f"the own tables in {self._engine.url.render_as_string(hide_password=True)}"

    def send(self, events: Sequence[WrittenEvent]) -> Sequence[Refused]:
        """Store them; one that no database takes is found by halving, and does not keep the others back."""
        try:
            self._store(events)
        except (ValueError, ArithmeticError, RecursionError, StatementError) as error:
            return self._apart(events, error)
        except DatabaseError as error:
            if isinstance(error.__cause__, DataError):
                return self._apart(events, error)
            raise Unreachable(str(error)) from error
        except SQLAlchemyError as error:
            raise Unreachable(f"{self.name} did not do its part: {first_line(error)}") from error
        return ()

    def probe(self) -> None:
        """Look whether they are there to take events, without storing any; a DatabaseError, with the reason, if not."""
        # Not at their version, which an account that may only send events cannot read.
        looking = self._engine.execution_options(readonly=True)
        with database_errors(self._engine), looking.connect() as connection:
            if not inspect(connection).has_table(events_table.name):
                raise LedgerMissing(f"{self.name} are not there yet; run `reconcilery init` once")

    def _apart(self, events: Sequence[WrittenEvent], error: Exception) -> Sequence[Refused]:
        if len(events) == 1:
            return [Refused(events[0], one_line(error))]
        middle = len(events) // 2
        return [*self.send(events[:middle]), *self.send(events[middle:])]

    @patient
    def _store(self, events: Sequence[WrittenEvent]) -> None:
        with transaction(self._engine) as connection:
            store_events(connection, events, database_now(connection), self._tell_from, self._always)

    def close(self) -> None:
        self._engine.dispose()
