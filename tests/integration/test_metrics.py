"""`/metrics`: what Prometheus reads, whatever is down."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain
from redis import Redis
from sqlalchemy import insert

from consistency.database import connect
from consistency.ledger.own_tables import REPAIRS
from consistency.ledger.repair_tables import repair_runs
from consistency.shared import Shared
from consistency.shared_counts import SharedCounts
from tests.factories.front_door import front_door, token_entry
from tests.factories.happened import Past
from tests.servers.api import Api
from tests.servers.pausing import way_to
from tests.servers.promtool import promtool

HOUR, NOW = timedelta(hours=1), timedelta(seconds=1)
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def past(sqlite_url: str, tmp_path: Path) -> Iterator[Past]:
    engine = connect(sqlite_url)
    with front_door(sqlite_url, log_dir=tmp_path):
        pass  # It makes the own tables.
    yield Past(engine)
    engine.dispose()


def samples_of(api: Api) -> Samples:
    answer = api.get("/metrics")
    assert answer.status_code == 200, answer.text
    families = plain(answer.text)
    return {
        (sample.name.removeprefix("reconcilery_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, tuple(sorted(labels.items()))))


def test_the_latest_checks_are_shown_by_window(past: Past, sqlite_url: str, tmp_path: Path) -> None:
    past.check(2 * NOW)
    past.check(NOW, kind="full", missing=0)
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        samples = samples_of(api)
    hour = {"rule": "task-outputs", "window": "1h"}
    assert value(samples, "completion_ratio", **hour) == pytest.approx(347 / 378)
    assert value(samples, "window_tasks", **hour) == 378
    assert value(samples, "missing_outputs", **hour) == 31
    assert value(samples, "late_outputs", **hour) == 6
    assert value(samples, "output_delay_seconds", quantile="0.95", **hour) == 48.0
    assert value(samples, "health_status", status="degraded", **hour) == 1
    assert value(samples, "health_status", status="healthy", **hour) == 0
    assert value(samples, "health_status", status="healthy", **hour | {"window": "24h"}) == 1
    assert value(samples, "health_status", status="unknown", **hour | {"window": "14d"}) == 1
    assert value(samples, "completion_ratio", **hour | {"window": "14d"}) is None
    assert value(samples, "checks_total", check="quick", outcome="degraded", rule="task-outputs") == 1
    assert value(samples, "checks_total", check="quick", outcome="healthy", rule="task-outputs") == 0
    assert value(samples, "check_duration_seconds_bucket", check="quick", le="0.25") == 0
    assert value(samples, "check_duration_seconds_bucket", check="quick", le="0.5") == 1
    assert value(samples, "check_duration_seconds_bucket", check="quick", le="+Inf") == 1
    assert value(samples, "db_query_duration_seconds_sum", query="tasks") == 1.0
    assert value(samples, "db_query_slowest_seconds", rule="task-outputs", check="quick", query="tasks") == 0.4


def test_what_is_stale_has_no_numbers_and_an_unknown_health(past: Past, sqlite_url: str, tmp_path: Path) -> None:
    past.check(HOUR, missing=0)
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        samples = samples_of(api)
    hour = {"rule": "task-outputs", "window": "1h"}
    assert value(samples, "completion_ratio", **hour) is None
    assert value(samples, "missing_outputs", **hour) is None
    assert value(samples, "health_status", status="unknown", **hour) == 1
    assert value(samples, "health_status", status="healthy", **hour) == 0
    labels = {"rule": "task-outputs", "check": "quick"}
    ended = value(samples, "check_last_run_timestamp_seconds", **labels)
    assert ended == pytest.approx(past.moment(HOUR).timestamp(), abs=600)
    assert value(samples, "check_period_seconds", check="quick") == 900


def test_a_check_that_could_not_measure_everything_is_no_success(past: Past, sqlite_url: str, tmp_path: Path) -> None:
    past.check(2 * HOUR)
    past.check(NOW, coverage=0.5, health="unknown")
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        samples = samples_of(api)
    labels = {"rule": "task-outputs", "check": "quick"}
    last = value(samples, "check_last_run_timestamp_seconds", **labels) or 0
    success = value(samples, "check_last_success_timestamp_seconds", **labels) or 0
    assert last - success == pytest.approx(7199, abs=600)


def test_what_has_happened_is_counted(past: Past, sqlite_url: str, tmp_path: Path) -> None:
    past.event("one", HOUR, "error")
    past.attempt(1, HOUR)
    past.attempt(2, HOUR, "transient", state="dead")
    past.change(1, HOUR)
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        samples = samples_of(api)
    assert value(samples, "events_total", type="sync_start", level="error") == 1
    assert value(samples, "events_total", type="sync_start", level="info") == 0
    assert value(samples, "notifications_total", channel="ops", outcome="ok") == 1
    assert value(samples, "notifications_total", channel="ops", outcome="transient") == 1
    assert value(samples, "alerts_suppressed_total", level="high") == 1
    assert value(samples, "messages", state="dead") == 1
    assert value(samples, "alerts_active", level="critical") == 0


def test_repairs_are_shown_as_they_stand_and_as_the_workers_have_counted(
    past: Past, sqlite_url: str, redis_url: str, tmp_path: Path
) -> None:
    at = past.moment(NOW)
    known = {"rule_id": "task-outputs", "rule_hash": "x", "target": "x", "scope": "{}", "state_version": 1}
    more = {"dry_run": False, "parameters": "{}", "created_by": "ann", "created_at": at, "next_seq": 1}
    with past.store.begin() as connection:
        for state in ("running", "paused", "succeeded"):
            connection.execute(insert(repair_runs).values(id=state, state=state, **known, **more))
    with Redis.from_url(redis_url) as client:
        counts = SharedCounts(Shared(client), "reconcilery:")
        counts.add({("items", "created"): 7, ("calls", "found"): 8, ("call_seconds", "1"): 8, ("call_seconds_sum",): 2})
    with front_door(sqlite_url, redis_url, log_dir=tmp_path) as api:
        samples = samples_of(api)
    assert value(samples, "repair_in_progress") == 1
    assert value(samples, "repair_runs", state="paused") == 1
    assert value(samples, "repair_items_total", result="created") == 7
    assert value(samples, "repair_items_total", result="failed") == 0
    assert value(samples, "upstream_requests_total", code_class="found") == 8
    assert value(samples, "upstream_request_duration_seconds_bucket", le="0.05") == 0
    assert value(samples, "upstream_request_duration_seconds_bucket", le="0.1") == 8
    assert value(samples, "upstream_request_duration_seconds_sum") == 2
    assert value(samples, "process_alive", process="beat") == 0
    assert value(samples, "up", part="redis") == 1


def test_prometheus_finds_no_fault(past: Past, sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    past.check(NOW)
    with front_door(sqlite_url, redis_url, log_dir=tmp_path) as api:
        text = api.get("/metrics").content
    promtool("check", "metrics", given=text)
    assert all(family.documentation.endswith(".") for family in plain(text.decode()))


def test_openmetrics_is_spoken_to_who_asks_for_it(past: Past, sqlite_url: str, tmp_path: Path) -> None:
    past.check(NOW)
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        answer = api.get("/metrics", headers=OPENMETRICS)
        other = api.get("/metrics", headers={"Accept": "*/*"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    names = {family.name for family in openmetrics(answer.text)}  # type: ignore[no-untyped-call]
    assert names >= {"reconcilery_checks", "reconcilery_completion_ratio"}
    assert other.headers["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    "accept", ["application/openmetrics-text;version=x", "text/plain;version=1.y", ";,;", "application/json"]
)
def test_whatever_is_asked_for_there_is_an_answer(sqlite_url: str, tmp_path: Path, accept: str) -> None:
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        answer = api.get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, "reconcilery_up{" in answer.text) == (200, True)


def test_what_is_down_is_told_and_takes_nothing_with_it(past: Past, sqlite_url: str, tmp_path: Path) -> None:
    past.check(NOW)
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        samples = samples_of(api)
    assert value(samples, "up", part="redis") == 0
    assert [value(samples, "up", part=part) for part in ("ledger", "repairs", "files")] == [1, 1, 1]
    assert value(samples, "process_alive", process="beat") is None
    assert value(samples, "window_tasks", rule="task-outputs", window="1h") == 378


def test_who_never_repairs_lacks_nothing(past: Past, sqlite_url: str, tmp_path: Path) -> None:
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        with past.store.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {REPAIRS.version_table}")
            repair_runs.drop(connection)
        samples = samples_of(api)
    assert value(samples, "up", part="repairs") == 1
    assert value(samples, "repair_in_progress") is None


def test_a_database_that_is_frozen_is_told_in_time(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    place = connect(postgres_url).url
    with way_to(place.port or 5432) as way:
        through = place.set(host="127.0.0.1", port=way.port).render_as_string(hide_password=False)
        with front_door(through, redis_url, log_dir=tmp_path) as api:
            way.freeze()
            samples = samples_of(api)
            assert [value(samples, "up", part=part) for part in ("ledger", "repairs", "redis")] == [0, 0, 1]
            assert value(samples, "log_disk_bytes") is not None
            way.thaw()


def test_a_token_is_asked_for_where_there_are_any(sqlite_url: str, tmp_path: Path) -> None:
    token, entry = token_entry(scope="read")
    given: dict[str, Any] = {"log_dir": tmp_path, "api_tokens": [entry]}
    with front_door(sqlite_url, **given) as api:
        assert api.get("/metrics").status_code == 401
        assert api.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_the_version_is_shown(sqlite_url: str, tmp_path: Path) -> None:
    with front_door(sqlite_url, log_dir=tmp_path) as api:
        names = {name for name, _ in samples_of(api)}
    assert "build_info" in names
