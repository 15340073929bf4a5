"""What a report says, held against what lies in the ledger, on every database."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, inspect, update

from api.report.report import report_of
from consistency.database import connect, transaction
from consistency.errors import LedgerMissing
from consistency.journal_files import append_line
from consistency.ledger.tables import check_runs
from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType, Window, parse_utc, utc_text
from consistency.remarks import Remark, known_remarks
from consistency.stretches import HOUR
from tests.factories.checking import check, resources_of
from tests.factories.fortnight import (
    DAY,
    FORTNIGHT,
    INCIDENT,
    LOST,
    NOW,
    RULE,
    TASKS,
    Fortnight,
    empty_fortnight,
    fortnight,
)
from tests.factories.minutely import LAST, create_minutely
from tests.factories.own_tables import make_own_tables
from tests.factories.pages import DOCS


def report(made: Fortnight, window: Window = FORTNIGHT, now: datetime = NOW) -> dict[str, Any]:
    return report_of(made.resources, window, RULE, now)


def test_the_report_counts_what_the_hours_count(engine: Engine) -> None:
    made = fortnight(engine)
    found = report(made)
    hours, lost = found["counted"]["hours"], LOST * (INCIDENT.length // HOUR)
    assert (found["coverage"], found["counted"]["hours_with_data"]) == (1.0, hours)
    assert hours == 14 * 24 - 2
    assert found["counts"]["tasks"] == TASKS * hours
    assert found["counts"]["missing"] == lost
    assert found["completion_rate"] == (TASKS * hours - lost) / (TASKS * hours)
    assert (found["health"], found["level"]) == ("healthy", "low")
    assert found["verdict"].startswith("healthy: 97.8 % of 33400 successful tasks")
    assert found["delay_seconds"]["max"] == 700.0
    assert sum(row["outputs"] for row in found["lateness"]["ranges"]) == TASKS * hours - lost
    assert sum(row["outputs"] for row in found["lateness"]["ranges"] if row["is_late"]) == hours
    assert sum(row["tasks"] or 0 for row in found["days"]) == TASKS * hours
    assert len(found["missing_sample"]) == 20


def test_the_report_tells_since_when_and_until_when(sqlite: Engine) -> None:
    found = report(fortnight(sqlite))
    for onset in (found["onset"], found["onset_seen"]):
        assert (onset["at"], onset["until"]) == (utc_text(INCIDENT.start), utc_text(INCIDENT.end))
        assert (onset["rate_before"], onset["rate_after"]) == (1.0, 0.7)
    assert found["trend"]["change"]["completion_rate_significant"]


def test_what_was_repaired_counts_as_present_and_what_the_checks_saw_stays(sqlite: Engine) -> None:
    made = fortnight(sqlite)
    made.count_hours(INCIDENT, missing=0)
    found = report(made)
    assert (found["counts"]["missing"], found["onset"]) == (0, None)
    assert found["onset_seen"]["at"] == utc_text(INCIDENT.start)
    rows = [row for row in found["series"]["rows"] if row["start"] == utc_text(INCIDENT.start + HOUR)]
    assert [(row["completion_rate"], row["seen_rate"]) for row in rows] == [(1.0, 0.7)]


def test_a_stretch_without_a_check_is_a_gap(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    for minutes in (5, 20, 50):
        made.check(NOW - HOUR + timedelta(minutes=minutes), problems=[])
    beats = report(made, Window(NOW - HOUR, NOW))["beats"]
    assert [beat["checks"] for beat in beats] == [1, 1, 0, 1]
    assert [beat["health"] for beat in beats] == ["healthy", "healthy", None, "healthy"]


def test_without_own_tables_the_report_says_what_to_type(sqlite: Engine) -> None:
    made = fortnight(sqlite)
    check_runs.metadata.drop_all(sqlite)
    with pytest.raises(LedgerMissing, match="reconcilery init"):
        report(made)


def test_an_empty_ledger_is_unknown_and_no_pass(engine: Engine) -> None:
    found = report(empty_fortnight(engine))
    assert (found["health"], found["coverage"], found["completion_rate"]) == ("unknown", 0.0, None)
    assert (found["latest"], found["alerts"], found["repairs"], found["segments"]) == ([], [], [], None)
    assert {beat["health"] for beat in found["beats"]} == {None}


def test_hours_that_nobody_counted_make_the_verdict_unknown(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    made.count_hours(Window(NOW - 2 * DAY, NOW))
    found = report(made)
    assert found["health"] == "unknown"
    assert 0.1 < found["coverage"] < 0.2
    assert found["verdict"].startswith("unknown: coverage 14 %")


def test_a_checker_that_has_stopped_makes_the_verdict_unknown(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    made.count_hours(Window(FORTNIGHT.start, NOW))
    assert report(made)["health"] == "healthy"
    later = NOW + 10 * HOUR
    assert report(made, Window(later - 14 * DAY, later), later)["health"] == "unknown"


def test_checks_with_another_version_of_the_rule_give_beats_and_no_numbers(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    made.check(NOW - HOUR, rule_hash="another")
    found = report(made)
    assert found["measured"]["checks_with_another_rule"] == 1
    assert sum(beat["checks"] for beat in found["beats"]) == 1
    assert (found["latest"], {row["seen_rate"] for row in found["series"]["rows"]}) == ([], {None})


def test_what_the_ledger_has_forgotten_comes_from_the_day_files(sqlite: Engine, tmp_path: Path) -> None:
    made = empty_fortnight(sqlite, log_dir=tmp_path)
    folder = tmp_path / "monitoring_results"
    for days in (3, 2, 1):
        kept = made.check(NOW - days * DAY)
        for record in (kept, {**kept, "rule": "another"}):
            append_line(folder, NOW - days * DAY, record)
    with (folder / f"monitoring_{NOW - DAY:%Y%m%d}.jsonl").open("a") as day:
        day.write('{"torn": \n{"rule": "task-outputs", "as_of": 7}\n')
    with transaction(sqlite) as connection:
        connection.execute(delete(check_runs).where(check_runs.c.as_of < NOW - 1.5 * DAY))
    found = report(made)
    assert [row["checks"] for row in found["measured"]["checks"]] == [3]
    assert (found["measured"]["checks_from_files"], found["measured"]["unreadable_lines"]) == (2, 1)


def test_what_checks_said_many_times_is_told_once(sqlite: Engine) -> None:
    made = empty_fortnight(sqlite)
    for number in range(1, 6):
        slow = {"source": "database", "level": "low", "message": f'"x" took {number}.5 s', "fix": ""}
        grave = {"source": "volume", "level": "high", "message": "fewer tasks", "fix": "look"}
        problem = Remark(f"{number} tasks have no time", "tasks_without_time", {"tasks": number})
        told = [problem.text, "as it was"]
        made.check(NOW - number * HOUR, findings=[slow, grave], problems=told, remarks=known_remarks([problem]))
    found = report(made)
    assert [(row["level"], row["times"]) for row in found["findings"]] == [("high", 5), ("low", 5)]
    assert found["findings"][1]["message"] == '"x" took 1.5 s'
    known = [(row["problem"], row["times"], row.get("values")) for row in found["problems"]]
    assert known == [("1 tasks have no time", 5, {"tasks": 1}), ("as it was", 5, None)]
    assert found["problems"][0]["last_at"] == utc_text(NOW - HOUR)


def test_a_rule_that_cannot_measure_lateness_says_nothing_of_it(sqlite: Engine) -> None:
    child = DEFAULT_RULE.child.model_copy(update={"created_at": ""})
    made = empty_fortnight(sqlite, DEFAULT_RULE.model_copy(update={"child": child}))
    made.count_hours(Window(FORTNIGHT.start, NOW))
    found = report(made)
    assert (found["lateness"], found["delay_seconds"], found["counts"]["late"]) == (None, None, None)


@pytest.mark.parametrize("days", [0.02, 1, 14, 90, 365])
def test_a_report_of_any_length_has_a_bounded_size(sqlite: Engine, days: float) -> None:
    found = report(fortnight(sqlite), Window(NOW - days * DAY, NOW))
    assert len(found["series"]["rows"]) <= 401
    assert len(found["beats"]) <= 169
    assert len(json.dumps(found)) < 300_000


def test_a_report_asks_no_table_of_the_application(engine: Engine) -> None:
    made, asked = fortnight(engine), list[str]()

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    report(made)
    ours = (
        "reconcilery_",
        "sqlite_master",
        "pragma",
        "pg_catalog",
        "information_schema",
        "utc_timestamp",
        "clock_timestamp",
    )
    strangers = [text for text in asked if "from" in text.lower() and not any(name in text.lower() for name in ours)]
    assert asked
    assert strangers == []
    assert "tasks" not in inspect(engine).get_table_names()
    event.remove(engine, "before_cursor_execute", note)


def test_real_checks_and_the_report_of_their_window_agree(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    create_minutely(engine, 3 * 24 * 60)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM task_outputs WHERE id % 50 = 0")
    make_own_tables(engine)
    resources = resources_of(engine, DEFAULT_RULE.model_copy(update={"segments": ("status",)}))
    deep = check(resources, CheckType.DEEP, LAST)
    check(resources, CheckType.QUICK, LAST)
    with transaction(engine) as connection:
        connection.execute(update(check_runs).values(closed_at=LAST))
    found = report_of(resources, Window(LAST - 14 * DAY, LAST + HOUR / 60), RULE, LAST + HOUR / 60)
    counted = Window(*(parse_utc(found["counted"][name]) for name in ("start", "end")))
    ranged = check(resources, CheckType.RANGE, LAST, window=counted)
    same = ("tasks", "tasks_with_outputs", "missing", "late", "outputs", "duplicates", "deleted")
    assert {name: found["counts"][name] for name in same} == {name: ranged["counts"][name] for name in same}
    assert found["delay_seconds"] == ranged["delay_seconds"]
    assert found["days"] == deep["trend"]["daily"]
    assert found["segments"]["columns"] == deep["segments"]
    assert {row["type"] for row in found["latest"]} == {"quick", "deep"}
    engine.dispose()


def keys_of(found: Any, *, named_by_users: bool = False) -> Iterator[str]:
    """All keys, at any depth, that the product has named."""
    if isinstance(found, list):
        for item in found:
            yield from keys_of(item)
    elif isinstance(found, dict):
        for key, value in found.items():
            if not named_by_users:
                yield key
            yield from keys_of(value, named_by_users=key in {"columns", "labels", "counts"})


def test_every_key_of_a_report_is_described(sqlite: Engine) -> None:
    described = set[str]()
    for page in ("reports", "numbers"):
        described |= set(re.findall(r"`(\w+)`", (DOCS / "reference" / f"{page}.md").read_text()))
    found = report(fortnight(sqlite))
    # A repair has its own page.
    found["repairs"] = []
    assert set(keys_of(found)) - described == set()
