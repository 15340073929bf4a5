"""Writes what the provider delivered, and makes an outcome of what the database says against it.

A few tasks go together; when the database refuses, each goes alone, so that only the one that is to blame fails.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from compensation.answers import text_of
from compensation.batches.claims import Item
from compensation.batches.outcomes import MOST_ATTEMPTS
from compensation.batches.settling import defer, settle
from compensation.batches.standing import retire_lost_entries
from compensation.batches.writing import Delivery, write_outputs
from compensation.fitting import Unfit
from compensation.provider import Answer
from compensation.states import ItemState
from consistency.database import first_line
from consistency.errors import (
    ClaimLost,
    DatabaseError,
    DatabaseUnavailable,
    NotAllowed,
    ReconcileryError,
    StatementTimeout,
)
from consistency.host import BoundRule

TRIES = 3
_LATER = timedelta(seconds=5)

#: What a value that nobody has thought of comes to: only its task is given up, and if they are many, the run pauses.
_UNFORESEEN = (SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError)

Found = tuple[Item, Answer]

log = structlog.get_logger(__name__)


class StopRun(ReconcileryError):
    """No item is to blame, and no further one would fare better."""


def store(engine: Engine, rule: BoundRule, found: Sequence[Found], on_lost: Callable[[], None]) -> int:
    """Write the outputs; returns how many items have ended, the others are tried again or are somebody else's.

    `on_lost` hears of every item that was taken away; StopRun when the database does not let anything be written.
    """
    if len(found) > 1:
        try:
            write_outputs(engine, rule, [Delivery(item, answer.outputs) for item, answer in found])
        except (DatabaseError, Unfit, ClaimLost, *_UNFORESEEN):
            return sum(store(engine, rule, [each], on_lost) for each in found)
        return len(found)
    try:
        return sum(_store_alone(engine, rule, item, answer) for item, answer in found)
    except ClaimLost:
        on_lost()
        return 0


def _store_alone(engine: Engine, rule: BoundRule, item: Item, answer: Answer) -> int:
    try:
        _write_patiently(engine, rule, Delivery(item, answer.outputs))
    except (DatabaseUnavailable, StatementTimeout) as error:
        return _try_later(engine, item, answer, str(error))
    except IntegrityError as error:
        settle(engine, item, ItemState.QUARANTINED, "refused", first_line(error.orig))
    except Unfit as error:
        settle(engine, item, ItemState.QUARANTINED, "unfit", str(error))
    except NotAllowed as error:
        raise StopRun(str(error)) from error
    except DatabaseError as error:
        settle(engine, item, ItemState.QUARANTINED, "refused", str(error))
    except _UNFORESEEN as error:
        log.exception("repair.unforeseen", run_id=item.run_id, task=item.task_key)
        settle(engine, item, ItemState.QUARANTINED, "unforeseen", first_line(error))
    return 1


def _write_patiently(engine: Engine, rule: BoundRule, delivery: Delivery) -> None:
    for trial in range(TRIES):
        try:
            write_outputs(engine, rule, [delivery])
        except DatabaseUnavailable:
            # A deadlock or a lock held for a moment; what was begun has been rolled back.
            if trial == TRIES - 1:
                raise
            time.sleep(random.uniform(0.02, 0.2) * (trial + 1))
        except IntegrityError as error:
            if trial == TRIES - 1 or "reconcilery_repair_journal" not in str(error.orig):
                raise
            # A row that an earlier run wrote was deleted by somebody since: its entry still stands in the way.
            retire_lost_entries(engine, rule, delivery.item.task_key)
        else:
            return


def _try_later(engine: Engine, item: Item, answer: Answer, reason: str) -> int:
    if item.attempts + 1 >= MOST_ATTEMPTS:
        settle(engine, item, ItemState.QUARANTINED, "database", reason)
        return 1
    defer(engine, item, _LATER, "database", reason, attempt=True, outputs=text_of(answer))
    return 0
