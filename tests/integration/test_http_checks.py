"""What the checks have found, read over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType
from monitor_tasks import checks
from tests.factories.front_door import problem_of
from tests.factories.measured import CONSISTENCY, Measured, measured, statements_on

NOBODYS = "00000000-0000-0000-0000-000000000000"
TWO_RULES = (DEFAULT_RULE, DEFAULT_RULE.model_copy(update={"id": "copies"}))


@pytest.fixture
def everywhere(database_url: str) -> Iterator[Measured]:
    with measured(database_url) as found:
        yield found


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url) as found:
        yield found


@pytest.fixture
def two(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url, rules=TWO_RULES) as found:
        yield found


def test_the_figures_are_those_of_the_latest_check(everywhere: Measured) -> None:
    everywhere.check()
    run = everywhere.check()
    assert run.report is not None
    found = everywhere.get("/data-consistency/metrics")
    assert (found["check_id"], found["health"], found["stale"]) == (
        run.id,
        "unhealthy",
        False,
    )
    assert (found["tasks"], found["tasks_with_outputs"], found["missing"]) == (
        40,
        30,
        10,
    )
    for name in (
        "completion_rate",
        "confidence",
        "counts",
        "delay_seconds",
        "avg_outputs_per_task",
        "as_of",
    ):
        assert found[name] == run.report[name]
    assert found["window"] == {"name": "1h", **run.report["window"]}
    assert found["thresholds"]["healthy_from"] == 0.95
    assert [each["check_id"] for each in found["metrics"]] == [run.id]


def test_without_a_report_nothing_is_claimed(here: Measured) -> None:
    found = here.get("/data-consistency/metrics", window="24h")
    assert (
        found["health"],
        found["completion_rate"],
        found["tasks"],
        found["as_of"],
    ) == ("unknown", None, None, None)
    assert found["verdict"] == "unknown: no full check has ended yet"
    assert found["metrics"] == []


def test_without_tasks_there_is_no_rate(sqlite_url: str) -> None:
    with measured(sqlite_url, number=0) as found:
        found.check()
        metrics = found.get("/data-consistency/metrics")
    assert (metrics["completion_rate"], metrics["confidence"], metrics["health"]) == (
        None,
        None,
        "unknown",
    )
    assert (metrics["tasks"], metrics["stale"]) == (0, False)


def test_an_overdue_check_is_stale_and_its_health_unknown(here: Measured) -> None:
    here.grow_older(here.check(), timedelta(minutes=31))
    found = here.get("/data-consistency/metrics")
    assert (found["stale"], found["health"], found["tasks"]) == (True, "unknown", 40)


def test_of_several_rules_the_one_worst_off_stands_first(two: Measured) -> None:
    two.check(rule="task-outputs")
    found = two.get("/data-consistency/metrics")
    assert (found["rule"], found["health"]) == ("task-outputs", "unhealthy")
    assert two.get("/data-consistency/metrics", rule="copies")["health"] == "unknown"
    problem = problem_of(two.api.get(f"{CONSISTENCY}/metrics?rule=nope"), 422)
    assert problem["detail"] == "rule: there is no rule 'nope'; known are task-outputs, copies"
    assert [each["parameter"] for each in problem["errors"]] == ["rule"]


def test_what_was_left_out_is_named_by_its_place_too(two: Measured) -> None:
    (error,) = problem_of(two.api.get(f"{CONSISTENCY}/trend"), 422)["errors"]
    detail = "there are several rules, name one of task-outputs, copies"
    assert error == {"parameter": "rule", "detail": detail}
    order = two.api.post(f"{CONSISTENCY}/missing/export", json={})
    assert problem_of(order, 422)["errors"] == [{"pointer": "/rule", "detail": detail}]


def test_checks_are_listed_by_pages_newest_first(everywhere: Measured) -> None:
    made = [everywhere.check(kind).id for kind in (CheckType.QUICK, CheckType.FULL, CheckType.QUICK)]
    pages = everywhere.pages("/data-consistency/checks", "checks", limit=2)
    assert [[check["check_id"] for check in page] for page in pages] == [
        [made[2], made[1]],
        [made[0]],
    ]
    first = pages[0][0]
    assert (first["status"], first["health"], first["counts"]["missing"]) == (
        "closed",
        "unhealthy",
        10,
    )


def test_checks_are_chosen_by_type_rule_state_and_time(two: Measured) -> None:
    quick, full = two.check(), two.check(CheckType.FULL)
    other = two.check(rule="copies")
    two.grow_older(full, timedelta(days=2))

    def ids(**chosen: Any) -> set[str]:
        return {check["check_id"] for check in two.get("/data-consistency/checks", **chosen)["checks"]}

    assert ids(type="full") == {full.id}
    assert ids(rule="copies") == {other.id}
    assert ids(since="now-24h") == {quick.id, other.id}
    assert ids(status="running") == set()
    assert ids(status="closed", type="quick", rule="task-outputs") == {quick.id}


def test_a_check_is_shown_with_its_report_or_how_far_it_is(
    everywhere: Measured,
) -> None:

    closed = everywhere.check()
    found = everywhere.get(f"/data-consistency/checks/{closed.id}")
    assert (found["status"], found["report"], found["task_id"]) == (
        "closed",
        closed.report,
        closed.id,
    )
    opened, _ = checks.start(everywhere.resources, CheckType.FULL, "task-outputs")
    found = everywhere.get(f"/data-consistency/checks/{opened.id}")
    assert (found["status"], found["report"], found["parts_done"]) == (
        "queued",
        None,
        0,
    )
    assert found["parts"] > 1


@pytest.mark.parametrize("check_id", [NOBODYS, "x", "%00", "..%2f", "%F0%9F%92%A9", "'"])
def test_an_unknown_check_is_not_found(here: Measured, check_id: str) -> None:
    answer = here.api.get(f"{CONSISTENCY}/checks/{check_id}")
    problem_of(answer, 404)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=abc", "limit: must be a whole number"),
        ("limit=0", "limit: must be at least 1"),
        ("limit=-1", "limit: must be at least 1"),
        ("limit=1000000000", "limit: must be at most 500"),
        ("cursor=abc", "cursor: it is no cursor of this list"),
        ("type=weekly", "type: must be one of 'quick', 'full', 'deep' or 'range'"),
        ("since=yesterday", "since: 'yesterday' is no date"),
        ("sinc=now", "sinc: it is not known here"),
        ("rule=%00", "rule: "),
    ],
)
def test_a_wrong_parameter_is_named(here: Measured, query: str, said: str) -> None:
    problem = problem_of(here.api.get(f"{CONSISTENCY}/checks?{query}"), 422)
    assert problem["detail"].startswith(said)
    assert problem["errors"][0]["parameter"] == said.partition(":")[0]


def test_the_trend_has_points_and_gaps(everywhere: Measured) -> None:
    deep = everywhere.check(CheckType.DEEP)
    found = everywhere.get("/data-consistency/trend", days=2)
    assert len(found["hourly"]) == 48
    assert found["check_id"] == deep.id
    assert {"onset", "segments", "daily", "slope", "change"} <= found.keys()
    # Nobody looks at the hour that still goes on.
    assert found["hourly"][-1]["tasks"] is None


def test_reading_never_touches_the_tables_of_the_application(postgres_url: str) -> None:
    with measured(postgres_url) as found:
        for kind in (CheckType.QUICK, CheckType.FULL, CheckType.DEEP):
            run = found.check(kind)
        behind = found.api.app.state.services.resources
        heard = statements_on(behind.primary)
        paths = [
            *(
                "/status",
                "/schedule",
                "/health",
                "/badge.json",
                "/badge.svg",
                "/alerts",
                "/repairs",
                "/silences",
            ),
            *(
                f"/data-consistency{path}"
                for path in (
                    "/metrics",
                    "/checks",
                    "/missing",
                    "/trend",
                    f"/checks/{run.id}",
                )
            ),
        ]
        for path in paths:
            assert found.api.get(f"/api/monitoring{path}").status_code == 200, path
        found.api.get("/readyz?verbose")
    assert heard
    assert not [statement for statement in heard if "tasks" in statement.replace("check_tasks", "")]


def test_a_badge_says_the_rate_and_grows_grey(here: Measured) -> None:
    assert here.get("/badge.json")["message"] == "never checked"
    run = here.check()
    badge = here.get("/badge.json", label="renders")
    assert (
        badge["schemaVersion"],
        badge["label"],
        badge["message"],
        badge["color"],
    ) == (1, "renders", "75.0 %", "red")
    picture = here.api.get("/api/monitoring/badge.svg?label=%3Cscript%3E")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "&lt;script&gt;: 75.0 %" in picture.text
    assert "<script" not in picture.text
    here.grow_older(run, timedelta(hours=1))
    assert {name: here.get("/badge.json")[name] for name in ("message", "color")} == {
        "message": "overdue",
        "color": "lightgrey",
    }
