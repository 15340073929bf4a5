import csv
import io
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from api.views.missing_tasks import record_of
from cli.missing_output import table_lines, write_csv, write_json
from consistency.missing import MissingTask

AS_OF = datetime(2026, 9, 16, 4, tzinfo=UTC)
DONE = datetime(2026, 9, 16, 3, 0, 0, 250000, tzinfo=UTC)
KEY = UUID("00000000-0000-0000-0000-000000000007")


def task(key: object = 7, provider: object = "p7", **columns: Any) -> MissingTask:
    return MissingTask(key, provider, "SUCCESS", {"completed_at": DONE}, columns, DONE)


def csv_of(*tasks: MissingTask) -> list[str]:
    out = io.StringIO()
    write_csv(out, (record_of(each, AS_OF) for each in tasks), tuple(tasks[0].columns))
    return out.getvalue().splitlines()


def test_csv_has_a_header_and_a_line_a_task() -> None:
    assert csv_of(task(workflow="img"), task(KEY, None, workflow=None)) == [
        "id,done_at,provider_task_id,age_seconds,workflow",
        "7,2026-09-16T03:00:00.250000Z,p7,3599,img",
        f"{KEY},2026-09-16T03:00:00.250000Z,,3599,",
    ]


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula(evil: str) -> None:
    out = io.StringIO()
    write_csv(out, iter([record_of(task(workflow=evil), AS_OF)]), ("workflow",))
    (row,) = csv.DictReader(io.StringIO(out.getvalue(), newline=""))
    assert row["workflow"] == f"'{evil}".replace("\r", "\n")


def test_numbers_stay_numbers() -> None:
    assert csv_of(task(-5, n=-2.5))[1] == "-5,2026-09-16T03:00:00.250000Z,p7,3599,-2.5"


@pytest.mark.parametrize("number", [0, 1, 3])
def test_json_is_one_object_however_it_was_written(number: int) -> None:
    pieces: list[str] = []
    records = (record_of(task(KEY, workflow='"quoted"\n'), AS_OF) for _ in range(number))
    write_json(pieces.append, {"schema_version": 1, "rule": "r"}, records)
    found = json.loads("".join(pieces))
    assert (found["schema_version"], found["rule"], found["count"]) == (1, "r", number)
    one = {"id": str(KEY), "done_at": "2026-09-16T03:00:00.250000Z", "provider_task_id": "p7", "age_seconds": 3599}
    assert found["missing"] == [{"workflow": '"quoted"\n', **one}] * number


def test_the_table_is_readable() -> None:
    header, *lines = table_lines([task(workflow="i\x1bmg"), task(10, None, workflow=None)], AS_OF, ("workflow",))
    assert header.split() == ["id", "finished", "(UTC)", "provider's", "id", "workflow"]
    assert [line.split() for line in lines] == [
        ["7", "2026-09-16", "03:00:00", "60", "min", "ago", "p7", "i?mg"],
        ["10", "2026-09-16", "03:00:00", "60", "min", "ago", "-", "-"],
    ]
