"""Events on their way, and what of them has arrived in the ledger."""

from typing import Any

from sqlalchemy import Engine, select

from consistency.database import transaction
from consistency.event_checks import event_of_object, seal
from consistency.events import WrittenEvent
from consistency.ledger.event_tables import events

MOMENT = "2025-08-29T10:30:00.000Z"


def on_its_way(number: int = 0, **values: Any) -> WrittenEvent:
    """An event with the id `evt-NUMBER`."""
    known = {"event_type": "sync_success", "level": "info", "service": "datasync", "message": f"Nº {number} 完成"}
    return seal(event_of_object({"id": f"evt-{number}", "timestamp": MOMENT, **known, **values}))


def several(count: int, first: int = 0, **values: Any) -> list[WrittenEvent]:
    """So many events, numbered."""
    return [on_its_way(number, **values) for number in range(first, first + count)]


def ids_of(travelling: list[WrittenEvent]) -> set[str]:
    return {each.id for each in travelling}


def arrived(engine: Engine) -> dict[str, str]:
    """The bodies of all events in the ledger by their ids."""
    with transaction(engine.execution_options(readonly=True)) as connection:
        return {row.id: row.body for row in connection.execute(select(events.c.id, events.c.body))}


def to_be_told(engine: Engine) -> set[str]:
    """The ids of the events of which people are to be told."""
    with transaction(engine.execution_options(readonly=True)) as connection:
        return set(connection.scalars(select(events.c.id).where(events.c.untold_since.is_not(None))))
