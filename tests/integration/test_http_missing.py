"""Tasks without their output over HTTP: those that checks have found, and all of them as they are now."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from consistency.model import CheckType
from tests.factories.front_door import problem_of
from tests.factories.measured import CONSISTENCY, Measured, measured


@pytest.fixture
def everywhere(database_url: str) -> Iterator[Measured]:
    with measured(database_url) as found:
        yield found


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url) as found:
        yield found


def test_missing_tasks_are_listed_by_pages_and_samples_come_last(
    everywhere: Measured,
) -> None:
    everywhere.check()
    full = everywhere.check(CheckType.FULL)
    pages = everywhere.pages("/data-consistency/missing", "missing", limit=4)
    found = [task for page in pages for task in page]
    # The newest finished first; the full check knows the same tasks, so each is there once.
    assert [task["task_id"] for task in found] == [str(4 * number) for number in range(1, 11)]
    assert {task["source"] for task in found} == {"quick"}
    assert found[0]["done_at"] > found[-1]["done_at"]
    summary = everywhere.get("/data-consistency/missing/summary")["checks"]
    assert [(each["type"], each["missing"]) for each in summary] == [
        ("quick", 10),
        ("full", 10),
    ]
    assert summary[1]["check_id"] == full.id


def test_samples_of_longer_checks_are_paged_too(here: Measured) -> None:
    full = here.check(CheckType.FULL)
    pages = here.pages("/data-consistency/missing", "missing", limit=5)
    assert [len(page) for page in pages] == [5, 5]
    assert {(task["source"], task["done_at"], task["check_id"]) for page in pages for task in page} == {
        ("full", None, full.id)
    }


def test_missing_tasks_come_as_csv_for_who_wants_it(here: Measured) -> None:
    here.check()
    answer = here.api.get(f"{CONSISTENCY}/missing?limit=3", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["task_id"] for row in rows] == ["4", "8", "12"]
    assert 'rel="next"' in answer.headers["link"]


def test_a_fresh_list_is_read_from_the_application(everywhere: Measured) -> None:
    answer = everywhere.api.post(f"{CONSISTENCY}/missing/export", json={})
    found = answer.json()
    assert (found["rule"], found["count"], len(found["missing"])) == (
        "task-outputs",
        10,
        10,
    )
    as_csv = everywhere.api.post(f"{CONSISTENCY}/missing/export", json={}, headers={"Accept": "text/csv"})
    assert [row["id"] for row in csv.DictReader(io.StringIO(as_csv.text))] == [
        str(task["id"]) for task in found["missing"]
    ]
    assert "attachment" in as_csv.headers["content-disposition"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"start_date": "someday"}, 422, "start_date: 'someday' is no date"),
        ({"start_date": "2999-01-01"}, 422, "start_date: 2999-01-01 is in the future"),
        ({"rule": "nope"}, 422, "rule: there is no rule 'nope'"),
        ({"limit": 3}, 422, "/limit: it is not known here"),
        ([], 422, "the body must be a JSON object such as"),
    ],
)
def test_a_wrong_export_is_refused(here: Measured, body: Any, status: int, said: str) -> None:
    problem = problem_of(here.api.post(f"{CONSISTENCY}/missing/export", json=body), status)
    assert said in problem["detail"]
    name, colon, _ = said.partition(": ")
    assert [each["pointer"] for each in problem["errors"]] == ["/" + name.lstrip("/") if colon else ""]
