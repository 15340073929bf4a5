"""Writes an answer's outputs, and makes an outcome of what the database says against it."""

import random
import time
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from compensation.answers import text_of
from compensation.claims import Item
from compensation.outcomes import MOST_ATTEMPTS
from compensation.provider import Answer
from compensation.settling import defer, settle
from compensation.states import ItemState
from compensation.target import Unfit
from compensation.writing import write_outputs
from consistency.database import first_line
from consistency.errors import DatabaseError, DatabaseUnavailable, ReconcileryError, StatementTimeout
from consistency.host import BoundRule

TRIES = 3
_LATER = timedelta(seconds=5)
#: What databases say when the user may not do something: PostgreSQL's state, the numbers of MySQL and MariaDB.
_FORBIDDEN = {"42501", "1142", "1143", "1044", "1370"}


class StopRun(ReconcileryError):
    """No item is to blame, and no further one would fare better."""


def store(engine: Engine, rule: BoundRule, item: Item, answer: Answer) -> int:
    """Write the outputs; 1 if the item has ended, 0 if it is to be tried again.

    ClaimLost when the item was taken away; StopRun when the database does not let anything be written.
    """
    try:
        _write_patiently(engine, rule, item, answer)
    except (DatabaseUnavailable, StatementTimeout) as error:
        return _try_later(engine, item, answer, str(error))
    except IntegrityError as error:
        settle(engine, item, ItemState.QUARANTINED, "refused", first_line(error.orig))
    except Unfit as error:
        settle(engine, item, ItemState.QUARANTINED, "unfit", str(error))
    except DatabaseError as error:
        if _is_forbidden(error):
            raise StopRun(str(error)) from error
        settle(engine, item, ItemState.QUARANTINED, "refused", str(error))
    return 1


def _write_patiently(engine: Engine, rule: BoundRule, item: Item, answer: Answer) -> None:
    for trial in range(TRIES):
        try:
            write_outputs(engine, rule, item, answer.outputs)
        except DatabaseUnavailable:
            # A deadlock or a lock held for a moment; what was begun has been rolled back.
            if trial == TRIES - 1:
                raise
            time.sleep(random.uniform(0.02, 0.2) * (trial + 1))
        else:
            return


def _try_later(engine: Engine, item: Item, answer: Answer, reason: str) -> int:
    if item.attempts + 1 >= MOST_ATTEMPTS:
        settle(engine, item, ItemState.QUARANTINED, "database", reason)
        return 1
    defer(engine, item, _LATER, "database", reason, attempt=True, outputs=text_of(answer))
    return 0


def _is_forbidden(error: DatabaseError) -> bool:
    cause = error.__cause__
    original = cause.orig if isinstance(cause, DBAPIError) else None
    said = {str(getattr(original, "sqlstate", "")), str(original.args[0]) if original and original.args else ""}
    return bool(said & _FORBIDDEN) or "readonly database" in str(original)
