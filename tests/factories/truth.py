"""What must hold after a repair, whatever has happened meanwhile."""

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import Engine, insert, select

from consistency.ledger.repair_tables import repair_journal
from tests.factories.default_app import outputs

ORIGINAL = "https://original.example/"


def write_original(engine: Engine, task_id: int, output_key: str = "9#0") -> None:
    """The application writes an output itself."""
    row = {"task_id": task_id, "output_key": output_key, "file_url": f"{ORIGINAL}{task_id}/{output_key}"}
    with engine.begin() as connection:
        connection.execute(insert(outputs), row)


def rows_of(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(outputs).order_by(outputs.c.id)))


def standing(engine: Engine) -> list[Any]:
    """The journal entries of rows that should be there."""
    with engine.connect() as connection:
        return list(connection.execute(select(repair_journal).where(repair_journal.c.undone == 0)))


def assert_each_output_is_there_once(engine: Engine, task_ids: Collection[int], each: int = 1) -> None:
    """Every task has the outputs 9#0, 9#1 ... once."""
    found = Counter((row.task_id, row.output_key) for row in rows_of(engine) if row.output_key.startswith("9#"))
    assert found == Counter({(task, f"9#{place}"): 1 for task in task_ids for place in range(each)})


def assert_journal_is_true(engine: Engine) -> None:
    """Every row that the application did not write has its open entry, and every open entry its row."""
    ours = {row.id for row in rows_of(engine) if row.file_url and not row.file_url.startswith(ORIGINAL)}
    entries = Counter(json.loads(entry.target_pk)[0] for entry in standing(engine))
    assert entries == Counter(ours)
