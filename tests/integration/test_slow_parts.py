"""Parts that are too slow: halved, then marked as not measured; the report says so."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from api.views.checks import check_record
from consistency.database import connect, transaction
from consistency.model import CheckType, Window
from monitor_tasks import checks
from tests.factories.checking import mapping_of, open_run, resources_of
from tests.factories.comparing import assert_report_is_right
from tests.factories.half_done import AS_OF, MINUTE, fill, states
from tests.factories.locked import locked_out
from tests.factories.oracle import Spec

EIGHT_MINUTES = Window(AS_OF - 28 * MINUTE, AS_OF - 20 * MINUTE)
QUICK_TIMEOUT = timedelta(seconds=0.15)


@pytest.fixture(params=["postgres_url", "mariadb_url"])
def server(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = connect(request.getfixturevalue(request.param))
    yield engine
    engine.dispose()


def test_a_part_that_is_too_slow_is_halved_until_it_is_quick_enough(server: Engine) -> None:
    world, resources = fill(server), resources_of(server, statement_timeout=QUICK_TIMEOUT)
    resources.rule("task-outputs")
    run, _ = open_run(resources, CheckType.RANGE, AS_OF, window=EIGHT_MINUTES)
    with locked_out(server) as let_in:
        worked = 0

        def another() -> None:
            nonlocal worked
            worked += 1
            if worked == 3:
                let_in()

        report = checks.work(resources, run.id, on_part=another).report
    assert report is not None
    assert states(resources, run.id).count(("scan", "split")) == 3
    assert_report_is_right(report, world, Spec())
    assert report["problems"] == []


def test_a_quick_check_that_is_too_slow_in_one_go_is_scanned_in_parts(server: Engine) -> None:
    world, resources = fill(server), resources_of(server, statement_timeout=QUICK_TIMEOUT)
    resources.rule("task-outputs")
    run, _ = open_run(resources, CheckType.QUICK, AS_OF)
    with locked_out(server) as let_in:
        report = checks.work(resources, run.id, on_part=let_in).report
    assert report is not None
    assert states(resources, run.id).count(("scan", "done")) == 2
    assert_report_is_right(report, world, Spec())
    assert (report["coverage"], report["problems"]) == (1.0, [])


def test_what_stays_too_slow_is_named_and_leaves_the_health_unknown(server: Engine) -> None:
    fill(server)
    resources = resources_of(server, statement_timeout=QUICK_TIMEOUT)
    resources.rule("task-outputs")
    run, _ = open_run(resources, CheckType.RANGE, AS_OF, window=EIGHT_MINUTES)
    with locked_out(server) as let_in:

        def until_one_is_given_up() -> None:
            if ("scan", "incomplete") in states(resources, run.id):
                let_in()

        report = checks.work(resources, run.id, on_part=until_one_is_given_up).report
    assert report is not None
    assert (report["coverage"], report["health"]) == (0.875, "unknown")
    assert report["verdict"].startswith("unknown: coverage 87 %")
    assert report["counts"]["tasks"] == 7
    (problem,), (remark,) = report["problems"], report["remarks"]
    assert problem.startswith("not measured: 2026-09-16T02:")
    assert "time limit" in problem
    assert (remark["text"], remark["code"]) == (problem, "part_not_measured")
    with transaction(resources.store) as connection:
        record = check_record(connection, run.id)
    assert record is not None
    (unmeasured,) = record["unmeasured"]
    assert unmeasured["window"] == {name: remark["values"][name] for name in ("start", "end")}
    assert unmeasured["reason_code"] == remark["values"]["reason_code"] == "statement_timeout"


def test_a_database_that_answers_nothing_ends_the_run_as_unknown(server: Engine) -> None:
    fill(server)
    resources = resources_of(server, statement_timeout=QUICK_TIMEOUT)
    resources.rule("task-outputs")
    run, _ = open_run(resources, CheckType.RANGE, AS_OF, window=Window(AS_OF - MINUTE, AS_OF))
    with locked_out(server):
        run = checks.work(resources, run.id)
    assert run.report is not None
    assert (run.report["coverage"], run.report["health"], run.report["completion_rate"]) == (0, "unknown", None)
    assert run.is_closed


def test_a_slow_statement_is_cut_short_on_sqlite_too(sqlite: Engine) -> None:
    fill(sqlite)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3e8) SELECT count(*) FROM n"
    with sqlite.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW some_tasks AS SELECT * FROM tasks")
    rule = mapping_of(Spec(places=("completed_at",)), parent={"table": "some_tasks"})
    resources = resources_of(sqlite, rule, statement_timeout=QUICK_TIMEOUT)
    resources.rule("task-outputs")
    with sqlite.begin() as connection:
        connection.exec_driver_sql("DROP VIEW some_tasks")
        connection.exec_driver_sql(f"CREATE VIEW some_tasks AS SELECT * FROM tasks WHERE id >= 0 * ({endless})")
    run, _ = open_run(resources, CheckType.RANGE, AS_OF, window=Window(AS_OF - 2 * MINUTE, AS_OF))
    report = checks.work(resources, run.id).report
    assert report is not None
    assert (report["coverage"], report["health"]) == (0, "unknown")
