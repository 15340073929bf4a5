from typing import Any

import pytest
from sqlalchemy import MetaData, Table

from monitor_tasks.index_advice import AdvisedIndex, ExistingIndex, serves

TASKS = Table("tasks", MetaData())
BY_TIME = (("completed_at",), ("status", "completed_at"))


def advised(states: tuple[Any, ...] = ("SUCCESS",)) -> AdvisedIndex:
    return AdvisedIndex(TASKS, "", "", BY_TIME, ("tasks",), states)


@pytest.mark.parametrize(
    ("columns", "condition", "serving"),
    [
        (("completed_at",), "", True),
        (("completed_at", "id"), "", True),
        (("status", "completed_at"), "", True),
        (("status", "completed_at", "id"), "", True),
        (("status",), "", False),
        (("status", "id", "completed_at"), "", False),
        (("id", "completed_at"), "", False),
        ((None, "completed_at"), "", False),  # an expression comes first
        ((), "", False),
        (("completed_at",), "((status)::text = 'SUCCESS'::text)", True),
        (("completed_at",), "(completed_at IS NOT NULL)", True),
        (("completed_at",), "((status)::text = 'FAILED'::text)", False),
        (("completed_at",), "(deleted_at IS NULL)", False),
        (("completed_at",), "((status)::text = 'SUCCESS_LATER'::text)", False),
    ],
)
def test_an_index_serves_by_its_first_columns_and_by_what_it_holds(
    columns: tuple[str | None, ...],
    condition: str,
    serving: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    assert serves(ExistingIndex(columns, condition), advised()) is serving


@pytest.mark.parametrize(
    ("states", "condition", "serving"),
    [
        (("DONE", "OK"), "((status)::text = ANY ((ARRAY['OK'::character varying, 'DONE'::text])::text[]))", True),
        (("DONE", "OK"), "(status = 'DONE'::text OR status = 'OK'::text)", True),
        (("DONE", "OK"), "(status = 'DONE'::text)", False),
        ((2,), "(status = 2)", True),
        ((2,), "(status = 20)", False),
        (("it's done",), "(status = 'it''s done'::job_state)", True),
        ((True,), "is_done", True),
        ((), "(status = 'DONE'::text)", False),
    ],
)
def test_a_partial_index_must_hold_every_success_state(
    states: tuple[Any, ...],
    condition: str,
    serving: bool,  # noqa: FBT001 - the same
) -> None:
    assert serves(ExistingIndex(("completed_at",), condition), advised(states)) is serving
