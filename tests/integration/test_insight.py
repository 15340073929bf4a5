"""What a report says beyond its counts, on an application that lost outputs from a known hour on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, text

from consistency.database import connect, database_now, transaction
from consistency.mapping import RuleMapping
from consistency.model import CheckType, Window, parse_utc, utc_text
from consistency.resources import Resources
from consistency.source import Source
from consistency.stretches import floor_to
from consistency.tally import Tally
from monitor_tasks import checks
from monitor_tasks.insight import Inquiry, add_insight
from monitor_tasks.measured import Measured
from monitor_tasks.report import Evidence
from monitor_tasks.scan import Timing
from monitor_tasks.trends import HOUR
from tests.factories.application import Application
from tests.factories.checking import mapping_of, resources_of
from tests.factories.oracle import Spec
from tests.factories.rows import Output, Task, World

DAY = timedelta(days=1)
AN_HOUR, FRIDAY = 6, 4
RULE = mapping_of(Spec(places=("completed_at",))).model_copy(update={"segments": ("kind",)})


@dataclass(frozen=True)
class Incident:
    """An application that loses most outputs of its videos from `began` on; `now` is the database's."""

    engine: Engine
    now: datetime
    began: datetime
    world: World

    @property
    def resources(self) -> Resources:
        return resources_of(self.engine, RULE)

    def tasks(self, start: datetime, end: datetime, kind: str | None = None) -> list[Task]:
        return [
            task
            for task in self.world.tasks
            if task.completed_at and start <= task.completed_at < end and kind in {None, task.kind}
        ]

    def missing(self, start: datetime, end: datetime, kind: str | None = None) -> int:
        fulfilled = {output.task_id for output in self.world.outputs}
        return sum(task.id not in fulfilled for task in self.tasks(start, end, kind))


@pytest.fixture
def incident(database_url: str) -> Iterator[Incident]:
    engine = connect(database_url)
    with transaction(engine) as connection:
        now = database_now(connection)
    began = floor_to(now, HOUR) - 3 * DAY - 5 * HOUR
    world = lossy_world(now, began)
    application = Application(engine).create()
    application.fill(world)
    yield Incident(engine, now, began, world)
    engine.dispose()


def lossy_world(now: datetime, began: datetime) -> World:
    random, world = Random(15), World()
    first = floor_to(now, HOUR) - 30 * DAY
    for number in range(30 * 24 * AN_HOUR):
        done = first + number * HOUR / AN_HOUR + timedelta(seconds=random.uniform(0, 500))
        kind = random.choice(("image", "video"))
        world.tasks.append(Task(number, completed_at=done, kind=kind))
        lost = random.random() < (0.8 if kind == "video" and done >= began else 0.004)
        if not lost:
            made = done + timedelta(seconds=random.uniform(1, 60))
            world.outputs.append(Output(number, number, made, "a"))
    return world


def report_of(resources: Resources, kind: CheckType, **options: Any) -> dict[str, Any]:
    run, _ = checks.start(resources, kind, "task-outputs", **options)
    report = checks.work(resources, run.id).report
    assert report is not None
    return report


def test_a_deep_check_tells_since_when_and_compares_the_fortnights(incident: Incident) -> None:
    report = report_of(incident.resources, CheckType.DEEP)
    assert report["problems"] == []
    assert report["onset"]["at"] == utc_text(incident.began)
    assert report["onset"]["until"] is None
    assert report["onset"]["rate_before"] == pytest.approx(0.996, abs=0.003)
    assert report["onset"]["rate_after"] == pytest.approx(0.6, abs=0.06)
    trend = report["trend"]
    for name in ("this_period", "previous_period"):
        period = trend[name]
        start, end = parse_utc(period["start"]), parse_utc(period["end"])
        # The first hour of the window is not whole, and in the first minutes of an hour the one before is not mature.
        assert period["hours"] == period["hours_with_data"] >= 334
        assert period["tasks"] == len(incident.tasks(start, end))
        assert period["missing"] == incident.missing(start, end)
    assert parse_utc(trend["previous_period"]["end"]) == parse_utc(trend["this_period"]["start"])
    assert trend["change"]["tasks"] is not None
    assert trend["change"]["completion_rate"] < -0.05
    assert trend["change"]["completion_rate_significant"]
    assert trend["slope"]["days"] >= 14
    assert 334 <= len(trend["hourly"]) <= 400


def test_the_second_deep_check_reads_the_history_from_its_own_tables(incident: Incident) -> None:
    first = report_of(incident.resources, CheckType.DEEP)
    resources = incident.resources
    run, _ = checks.start(resources, CheckType.DEEP, "task-outputs")
    with transaction(incident.engine) as connection:
        counted = text("SELECT purpose, count(*) FROM reconcilery_check_parts WHERE run_id = :run GROUP BY purpose")
        purposes = {purpose for purpose, _ in connection.execute(counted, {"run": run.id})}
    assert purposes == {"scan", "summary"}
    second = checks.work(resources, run.id).report
    assert second is not None
    assert second["trend"]["previous_period"] == first["trend"]["previous_period"]
    assert second["onset"] == first["onset"]


def test_segments_show_which_tasks_it_is(incident: Incident) -> None:
    report = report_of(incident.resources, CheckType.FULL)
    start, end = parse_utc(report["window"]["start"]), parse_utc(report["as_of"]) - RULE.grace
    rows = {row["value"]: row for row in report["segments"]["kind"]}
    assert list(rows) == ["video", "image"]
    for kind, row in rows.items():
        assert (row["tasks"], row["missing"]) == (
            len(incident.tasks(start, end, kind)),
            incident.missing(start, end, kind),
        )
    assert sum(row["tasks"] for row in rows.values()) == report["counts"]["tasks"]
    assert (report["trend"], report["onset"]) == (None, None)


def test_a_range_is_compared_before_and_after_a_date(incident: Incident) -> None:
    window = Window(incident.began - 2 * DAY, incident.began + 2 * DAY)
    report = report_of(incident.resources, CheckType.RANGE, window=window, compare_at=incident.began, detailed=True)
    found = report["comparison"]
    assert found["at"] == utc_text(incident.began)
    for side, piece in (
        ("before", Window(window.start, incident.began)),
        ("after", Window(incident.began, window.end)),
    ):
        assert found[side]["tasks"] == len(incident.tasks(piece.start, piece.end))
        assert found[side]["missing"] == incident.missing(piece.start, piece.end)
    assert found["significant"]
    assert "the completion rate fell by" in found["sentence"]
    assert report["onset"]["at"] == utc_text(incident.began)
    assert report["trend"] is None
    for rows in (report["detail"]["hourly"], report["detail"]["daily"]):
        assert sum(row["tasks"] or 0 for row in rows) == report["counts"]["tasks"]
        assert sum(row["missing"] or 0 for row in rows) == report["counts"]["missing"]


def test_a_range_with_too_many_hours_is_shown_by_days(incident: Incident) -> None:
    window = Window(incident.now - 25 * DAY, incident.now)
    report = report_of(incident.resources, CheckType.RANGE, window=window, detailed=True)
    assert report["detail"]["hourly"] is None
    assert 25 <= len(report["detail"]["daily"]) <= 27


def test_a_quick_check_shows_its_hours_when_asked(incident: Incident) -> None:
    report = report_of(incident.resources, CheckType.QUICK, detailed=True)
    assert sum(row["tasks"] or 0 for row in report["detail"]["hourly"]) == report["counts"]["tasks"]
    assert report["segments"] is None


def test_hours_with_unusually_few_tasks_are_a_finding(incident: Incident) -> None:
    midnight = floor_to(incident.now, DAY) - DAY
    while midnight.weekday() > FRIDAY:  # a weekend has too few days like it in four weeks
        midnight -= DAY
    with transaction(incident.engine) as connection:
        ids = [task.id for task in incident.tasks(midnight + 6 * HOUR, midnight + 14 * HOUR)]
        silenced = text("UPDATE tasks SET state = 'FAILED' WHERE id BETWEEN :first AND :last")
        connection.execute(silenced, {"first": min(ids), "last": max(ids)})
    findings = report_of(incident.resources, CheckType.DEEP)["findings"]
    found = [finding for finding in findings if utc_text(midnight + 14 * HOUR) in finding["message"]]
    assert [(finding["source"], finding["level"]) for finding in found] == [("volume", "critical")]
    assert found[0]["message"].startswith("0 successful tasks from ")


def test_what_the_database_refuses_is_a_problem_and_the_rest_goes_on(incident: Incident, tmp_path: Path) -> None:
    empty, known = connect(f"sqlite:///{tmp_path / 'empty.sqlite'}"), incident.resources
    settings = known.settings.model_copy(update={"big_table_rows": 0})
    resources = Resources(settings, known.primary, empty, known.store)
    run, _ = checks.start(resources, CheckType.FULL, "task-outputs", detailed=True)
    source = Source(empty, known.primary, settings.statement_timeout)
    evidence = Evidence(timings=[Timing("tasks", 60.0, 1)])
    add_insight(Inquiry(resources, source, run, resources.rule("task-outputs"), Measured(), Tally()), evidence)
    assert [problem.text.partition(":")[0] for problem in evidence.problems] == ["no segments", "no database advice"]
    assert "no such table" in evidence.problems[0].values["reason_values"]["said"]
    assert evidence.detail is not None
    empty.dispose()


def test_a_rule_without_creation_times_has_a_trend_without_delays(incident: Incident) -> None:
    child: dict[str, Any] = {**RULE.child.model_dump(), "created_at": ""}
    rule = RuleMapping.model_validate({**RULE.model_dump(), "child": child})
    report = report_of(resources_of(incident.engine, rule), CheckType.DEEP)
    assert report["trend"]["this_period"]["delay_p95"] is None
    assert report["trend"]["this_period"]["late"] is None
    assert report["onset"]["at"] == utc_text(incident.began)
