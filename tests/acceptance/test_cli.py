import csv
import io
import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from consistency.database import connect, transaction
from consistency.ledger import parts
from consistency.ledger.overview import open_runs
from consistency.ledger.runs import Run
from consistency.ledger.schema import create_or_upgrade
from consistency.mapping import DEFAULT_RULE
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from monitor_tasks import checks
from tests.acceptance.command_line import CELERY, PROGRAM, Place, ended, working
from tests.acceptance.launching import eventually
from tests.factories.default_app import AppTask, make_application
from tests.servers.databases import fresh_database
from tests.servers.redis import empty_redis
from tests.servers.redis import redis_server as another_redis

MISSING = {"task-outputs": 6, "failures": 0}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, postgres_server: str, redis_server: str) -> Iterator[Place]:
    """Two rules on one application; 60 tasks of the last day, every tenth without output, all matured."""
    folder = tmp_path_factory.mktemp("place")
    second = DEFAULT_RULE.model_dump(mode="json") | {"id": "failures"}
    second["parent"]["state_in"] = ["FAILED"]
    rules = [DEFAULT_RULE.model_dump(mode="json"), second]
    with fresh_database(postgres_server, os.getpid()) as url, empty_redis(redis_server) as redis_url:
        prepare(url)
        yield Place(
            folder,
            {
                "RECONCILERY_DATABASE_URL": url,
                "RECONCILERY_REDIS_URL": redis_url,
                "RECONCILERY_RULES": json.dumps(rules),
                "RECONCILERY_LOG_DIR": str(folder / "logs"),
            },
        )


def prepare(url: str) -> None:
    now = datetime.now(UTC)
    moments = [now - timedelta(minutes=15 + 20 * number) for number in range(60)]
    make_application(
        url,
        [
            AppTask(
                number, done, has_output=number % 10 != 3, provider_task_id=f"=p{number}", workflow=f"w{number % 2}"
            )
            for number, done in enumerate(moments)
        ],
    )
    engine = connect(url)
    create_or_upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def served(place: Place) -> Iterator[Place]:
    """The place with a worker."""
    with working(place):
        yield place


@pytest.fixture
def unserved(place: Place, redis_server: str) -> Iterator[Place]:
    """The same application with a Redis that no worker listens to."""
    with empty_redis(redis_server) as url:
        yield place.changed(RECONCILERY_REDIS_URL=url)


@pytest.fixture
def resources(place: Place) -> Iterator[Resources]:
    opened = open_resources(Settings(database_url=place.settings["RECONCILERY_DATABASE_URL"]))
    yield opened
    opened.dispose()


def runs_open(resources: Resources) -> list[Run]:
    with transaction(resources.store) as connection:
        return open_runs(connection)


def first_open_run(resources: Resources) -> Run:
    return eventually(lambda: next(iter(runs_open(resources)), None))  # type: ignore[return-value]  # never None


def test_the_workers_check_every_rule_and_the_report_is_printed(served: Place) -> None:
    done = served.run("check", "full", "--json")
    assert done.code == 0, done.err
    reports = {report["rule"]: report for report in done.json["reports"]}
    assert {rule: report["counts"]["missing"] for rule, report in reports.items()} == MISSING
    assert done.json["schema_version"] == 1
    assert done.err == ""


def test_one_rule_is_one_report_and_fail_on_decides_the_exit_code(served: Place) -> None:
    done = served.run("check", "full", "--rule", "task-outputs", "--json", "--fail-on", "degraded")
    assert (done.code, done.json["health"], done.json["counts"]["missing"]) == (3, "degraded", 6)


def test_people_get_the_verdict_first_and_the_next_command_last(served: Place) -> None:
    done = served.run("check", "range", "--start-date", "now-24h", "--rule", "task-outputs")
    assert done.code == 0, done.err
    first, *_, last = done.out.splitlines()
    assert first.startswith("⚠ degraded  90.0 %  54 of 60 successful tasks have their output")
    assert last.startswith("→ reconcilery missing --start-date ")
    assert "\x1b" not in done.out
    listed = served.run(*last.removeprefix("→ reconcilery ").split(), "--json")
    assert listed.json["count"] == 6


def test_it_is_the_same_tree_under_celery(served: Place) -> None:
    done = ended(
        served.start(*CELERY, "reconcilery", "check", "quick", "--rule", "task-outputs", "--json", "--fail-on", "never")
    )
    assert (done.code, done.json["type"]) == (0, "quick")
    wrong = ended(served.start(*CELERY, "reconcilery", "check", "quick", "--rule", "nope"))
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.splitlines()[-1] == "Error: --rule: there is no rule 'nope'; known are task-outputs, failures"


def test_a_check_that_is_not_waited_for_is_found_in_the_status(served: Place) -> None:
    started = served.run("check", "deep", "--rule", "failures", "--no-wait", "--json")
    assert started.code == 0, started.err
    (run,) = started.json["started"]

    def shown() -> bool:
        checks_shown = served.run("status", "--json").json["checks"]
        return any(check["report"]["check_id"] == run["check_id"] for check in checks_shown)

    assert eventually(shown)


def test_worker_and_beat_are_probed_by_their_signs_of_life(served: Place) -> None:
    alive = served.run("probe", "worker")
    assert alive.code == 0, alive.out
    silent = served.run("probe", "beat")
    assert (silent.code, silent.out[:22]) == (1, "beat: no sign of life ")


def test_without_redis_nothing_is_left_behind(place: Place, resources: Resources) -> None:
    done = place.changed(RECONCILERY_REDIS_URL="redis://:hunter2@127.0.0.1:1/0").run("check", "quick")
    assert (done.code, done.out) == (69, "")
    assert len(done.err.splitlines()) == 1
    assert "redis://127.0.0.1:1/0" in done.err
    assert "hunter2" not in done.err
    assert runs_open(resources) == []


def test_without_a_worker_the_check_is_cancelled(unserved: Place, resources: Resources) -> None:
    done = unserved.run("check", "full")
    assert (done.code, done.out) == (69, "")
    assert done.err.splitlines() == [
        "Error: no worker answered and the check was cancelled; start one with: celery -A monitor_tasks worker"
    ]
    assert runs_open(resources) == []


def test_whoever_has_taken_a_check_is_waited_for_until_the_time_is_up(unserved: Place, resources: Resources) -> None:
    process = unserved.start(*PROGRAM, "check", "full", "--rule", "task-outputs", "--wait", "4")
    run = first_open_run(resources)
    assert parts.claim(resources.store, run.id, timedelta(seconds=1)) is not None
    done = ended(process)
    assert (done.code, done.out) == (1, "")
    assert "it goes on, `reconcilery status` shows its result" in done.err
    finish(resources, run)


def test_control_c_leaves_the_check_to_the_workers(unserved: Place, resources: Resources) -> None:
    process = unserved.start(*PROGRAM, "check", "full", "--rule", "task-outputs")
    run = first_open_run(resources)
    assert parts.claim(resources.store, run.id, timedelta(seconds=1)) is not None
    os.killpg(process.pid, signal.SIGINT)
    done = ended(process)
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines() == ["The check goes on; `reconcilery status` shows its result.", "Interrupted"]
    finish(resources, run)


def test_a_redis_that_dies_in_the_middle_does_not_matter(place: Place, resources: Resources) -> None:
    with another_redis() as server:
        process = place.changed(RECONCILERY_REDIS_URL=f"{server}/0").start(
            *PROGRAM, "check", "full", "--rule", "task-outputs", "--json"
        )
        run = first_open_run(resources)
        assert parts.claim(resources.store, run.id, timedelta(seconds=1)) is not None
        eventually(lambda: published(f"{server}/0"))
    finish(resources, run)
    done = ended(process)
    assert (done.code, done.json["check_id"]) == (0, run.id)


def published(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        return bool(client.llen("reconcilery:reconcilery.checks"))


def finish(resources: Resources, run: Run) -> None:
    """Do what a worker would do when the lease of a dead one has run out."""
    deadline = time.monotonic() + 60
    while not checks.work(resources, run.id).is_closed:
        assert time.monotonic() < deadline


def test_a_list_is_written_as_csv_without_formulas(place: Place) -> None:
    file = place.folder / "missing.csv"
    done = place.run("missing", "--rule", "task-outputs", "--csv", str(file))
    assert (done.code, done.out) == (0, "")
    rows = list(csv.DictReader(io.StringIO(file.read_text(), newline="")))
    assert [(row["id"], row["provider_task_id"]) for row in rows] == [
        (str(number), f"'=p{number}") for number in (53, 43, 33, 23, 13, 3)
    ]
    piped = place.run("missing", "--rule", "task-outputs", "--csv", "-", "--limit", "2")
    assert [row["id"] for row in csv.DictReader(io.StringIO(piped.out))] == ["53", "43"]


def test_missing_tasks_are_counted_by_a_column(place: Place) -> None:
    done = place.run("missing", "--rule", "task-outputs", "--group-by", "workflow", "--json")
    assert done.code == 0, done.err
    assert (done.json["groups"], done.json["count"]) == ([{"value": "w1", "missing": 6}], 6)
    several = place.run("missing")
    assert (several.code, several.out) == (2, "")
    assert several.err == "Error: --rule: there are several rules, name one of task-outputs, failures\n"


def test_a_local_check_needs_neither_redis_nor_own_tables(place: Place, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'application.db'}"
    make_application(url, [AppTask(1, datetime.now(UTC) - timedelta(minutes=30), has_output=False)])
    alone = Place(tmp_path, {"RECONCILERY_DATABASE_URL": url, "RECONCILERY_REDIS_URL": "redis://127.0.0.1:1/0"})
    done = alone.run("check", "quick", "--local", "--json")
    assert (done.code, done.json["health"]) == (3, "unhealthy")
    assert done.err.splitlines() == [
        "Note: the own tables are not there or not up to date (`reconcilery init`); this check is not remembered."
    ]
    assert alone.run("init").code == 0
    assert alone.run("check", "quick", "--local", "--fail-on", "never").code == 0
    assert alone.run("status", "--json").json["health"] == "unhealthy"
    assert len(list((tmp_path / "logs" / "monitoring_results").iterdir())) >= 1


@pytest.mark.parametrize("words", ["probe beat", "--help", "repair --help"])
def test_a_probe_and_a_list_of_commands_start_neither_celery_nor_sqlalchemy(place: Place, words: str) -> None:
    question = f"import sys; from cli.main import reconcilery; reconcilery({words.split()}, standalone_mode=False);"
    answer = "print(sorted({'celery', 'kombu', 'sqlalchemy', 'redis', 'pydantic', 'rich'} & set(sys.modules)))"
    done = ended(place.start(PROGRAM[0], "-c", question + answer))
    assert done.out.splitlines()[-1] == "[]"
