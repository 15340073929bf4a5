"""How the system says it is, while parts of it are silent, late or gone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import redis
from sqlalchemy import insert, make_url

from api.views.processes import find_signs
from api.views.status import status_of
from cli.overview_text import status_lines
from consistency.database import transaction
from consistency.heartbeats import beat_once
from consistency.latest import connect
from consistency.ledger.delivery_tables import channel_states
from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType
from consistency.settings import Settings
from consistency.signs_of_life import SignsOfLife, key_of
from tests.factories.browsing import Browser
from tests.factories.front_door import problem_of, token_entry
from tests.factories.measured import BASE, Measured, measured
from tests.servers.api import Api, answering
from tests.servers.pausing import way_to

_, MAY_READ = token_entry()


@pytest.fixture
def here(sqlite_url: str, redis_url: str, tmp_path: Path) -> Iterator[Measured]:
    with measured(sqlite_url, redis_url, log_dir=tmp_path / "logs") as found:
        yield found


def live(settings: Settings, *kinds: str) -> None:
    """Processes of another machine show that they live."""
    elsewhere = settings.model_copy(update={"log_dir": settings.log_dir.parent / "elsewhere"})
    for kind in kinds or ("worker", "beat"):
        SignsOfLife(elsewhere, kind, f"{kind}@far").give()


@contextmanager
def client_of(settings: Settings) -> Iterator[redis.Redis]:
    with connect(settings) as client:
        yield client


def parts(found: dict[str, Any]) -> dict[str, str]:
    return {name: part["status"] for name, part in found["components"].items()}


def ready(api: Api, query: str = "?verbose") -> tuple[int, list[str]]:
    answer = api.get(f"/readyz{query}")
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.status_code, answer.text.splitlines()


def test_a_rule_that_was_never_checked_is_not_taken_for_well(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    rules = (DEFAULT_RULE, DEFAULT_RULE.model_copy(update={"id": "copies"}))
    with measured(sqlite_url, redis_url, log_dir=tmp_path / "logs", rules=rules) as found:
        with transaction(found.resources.primary) as connection:
            connection.exec_driver_sql("INSERT INTO task_outputs (task_id) SELECT id FROM tasks")
        found.check()
        live(found.resources.settings)
        health = found.get("/health")
        assert health["status"] == "unknown"
        assert health["components"]["checks"]["detail"] == "no check of copies has ended yet"
        assert status_of(found.resources)["health"] == "unknown"
        assert "Unknown: no check of copies has ended yet" in Browser(found.api).see("/").title
        found.check(rule="copies")
        assert found.get("/health")["status"] == "healthy"


def make_well(place: Measured) -> None:
    """Nothing is missing, a check has just said so, and others will."""
    with transaction(place.resources.primary) as connection:
        connection.exec_driver_sql("INSERT INTO task_outputs (task_id) SELECT id FROM tasks")
    place.check()
    live(place.resources.settings)


def verdicts(place: Measured) -> tuple[str, str]:
    """The health that the HTTP API tells in its status, and the first line that a person reads."""
    settings = place.resources.settings
    lines = status_lines(status_of(place.resources, signs=find_signs(settings)), ZoneInfo("UTC"), colours=False)
    return place.get("/status")["health"], lines[0]


def test_all_is_well(here: Measured) -> None:
    make_well(here)
    assert verdicts(here) == ("healthy", "✔ healthy")
    found = here.get("/health")
    assert (found["status"], found["reasons"]) == ("healthy", [])
    assert set(parts(found)) == {"checks", "workers", "beat", "redis", "store", "channels"}
    assert found["components"]["beat"]["known"][0]["name"] == "beat@far"
    assert here.api.get(f"{BASE}/health?strict=1").status_code == 200
    assert ready(here.api, "") == (200, ["ok"])
    assert ready(here.api) == (
        200,
        ["[+]redis ok", "[+]database ok", "[+]worker ok", "[+]beat ok", "readyz check passed"],
    )


def test_before_the_first_check_nothing_is_known(here: Measured) -> None:
    live(here.resources.settings)
    found = here.get("/health")
    assert (found["status"], found["components"]["checks"]["detail"]) == ("unknown", "no check has ended yet")
    strict = here.api.get(f"{BASE}/health?strict=true")
    assert (strict.status_code, strict.json()["status"]) == (503, "unknown")


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_a_silent_process_is_named_everywhere(here: Measured, kind: str) -> None:
    here.check(CheckType.DEEP)
    live(here.resources.settings)
    with client_of(here.resources.settings) as client:
        client.zincrby(key_of(here.resources.settings.key_prefix), -180, f"{kind} {kind}@far")
    found = here.get("/health")
    name = {"worker": "workers", "beat": "beat"}[kind]
    assert (found["status"], parts(found)[name]) == ("unhealthy", "unhealthy")
    assert f"no {kind} has given a sign of life for 3 min" in found["components"][name]["detail"]
    assert here.api.get(f"{BASE}/health?strict=1").status_code == 503
    status, lines = ready(here.api, "")
    assert status == 503
    assert any(line.startswith(f"[-]{kind} failed: no sign of life for ") for line in lines)
    assert lines[-1] == "readyz check failed"
    assert ready(here.api, f"?exclude={kind}") == (200, ["ok"])
    assert here.get("/status")["processes"][kind]["alive"] is False


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_the_status_is_not_green_while_a_process_is_silent(here: Measured, kind: str) -> None:
    make_well(here)
    with client_of(here.resources.settings) as client:
        client.zincrby(key_of(here.resources.settings.key_prefix), -180, f"{kind} {kind}@far")
    assert verdicts(here) == ("unknown", "? unknown")


def test_the_status_is_not_green_while_redis_is_frozen(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    with way_to(port) as way:
        led = redis_url.replace(f":{port}/", f":{way.port}/")
        with measured(sqlite_url, led, log_dir=tmp_path) as found:
            make_well(found)
            # The processes of this machine live, which is known without Redis.
            for kind in ("worker", "beat"):
                beat_once(tmp_path, kind)
            assert verdicts(found) == ("healthy", "✔ healthy")
            way.freeze()
            assert verdicts(found) == ("unknown", "? unknown")
            way.thaw()


def test_an_overdue_check_is_unknown_though_all_processes_live(here: Measured) -> None:
    here.grow_older(here.check(), timedelta(minutes=31))
    live(here.resources.settings)
    found = here.get("/health")
    assert (found["status"], parts(found)["checks"]) == ("unknown", "unknown")
    assert "the last quick check of task-outputs ended 31 min ago" in found["reasons"][0]


def test_a_broken_channel_is_a_part_of_its_own(here: Measured) -> None:
    live(here.resources.settings)
    now = here.now()
    row = {"channel": "chat", "failures": 9, "broken_since": now, "probes": 1, "reason": "404", "updated_at": now}
    with transaction(here.resources.store) as connection:
        connection.execute(insert(channel_states).values(row))
    found = here.get("/health")["components"]["channels"]
    assert (found["status"], found["detail"]) == ("degraded", "chat cannot be told anything: 404")
    page, chinese = (Browser(here.api).see("/", headers={"Accept-Language": tag}).text for tag in ("en", "zh"))
    assert "chat cannot be told anything: 404" in page
    assert "渠道 chat 故障：404" in chinese  # noqa: RUF001 - a Chinese colon
    assert "cannot be told anything" not in chinese


def test_without_redis_that_is_said_and_nobody_taken_for_well(sqlite_url: str, tmp_path: Path) -> None:
    with measured(sqlite_url, log_dir=tmp_path) as found:
        health = found.get("/health")
        assert health["status"] == "unhealthy"
        assert {parts(health)[name] for name in ("workers", "beat")} == {"unknown"}
        assert parts(health)["store"] == "healthy"
        status, lines = ready(found.api)
    assert (status, lines[0]) == (503, "[-]redis failed: it does not answer")


def test_a_frozen_database_is_told_in_time(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    url = make_url(postgres_url)
    assert url.port
    with way_to(url.port) as way:
        led = url.set(port=way.port).render_as_string(hide_password=False)
        with measured(led, redis_url, log_dir=tmp_path) as found:
            live(found.resources.settings)
            found.get("/health")
            way.freeze()
            health = found.get("/health")
            assert (health["status"], parts(health)["store"]) == ("unhealthy", "unhealthy")
            assert {parts(health)[name] for name in ("checks", "channels")} == {"unknown"}
            assert parts(health)["workers"] == "healthy"
            status, lines = ready(found.api)
            assert (status, lines[1]) == (503, "[-]database failed: it did not answer within 4 s")
            # However many ask, nobody else is thought to be silent for that.
            with ThreadPoolExecutor(20) as pool:
                asked = list(pool.map(lambda _: found.get("/health"), range(20)))
            assert {tuple(parts(each)[name] for name in ("store", "redis", "beat")) for each in asked} == {
                ("unhealthy", "healthy", "healthy")
            }
            problem_of(found.api.get(f"{BASE}/status"), 503)
            way.thaw()


def test_a_frozen_redis_is_told_in_time(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    with way_to(port) as way:
        led = redis_url.replace(f":{port}/", f":{way.port}/")
        with measured(sqlite_url, led, log_dir=tmp_path) as found:
            live(found.resources.settings)
            assert parts(found.get("/health"))["redis"] == "healthy"
            way.freeze()
            assert parts(found.get("/health"))["redis"] == "unhealthy"
            assert ready(found.api)[1][0] == "[-]redis failed: it does not answer"
            problem = problem_of(found.api.post(f"{BASE}/data-consistency/check", json={"type": "quick"}), 503)
            assert problem["detail"].startswith("Redis at ")
            assert found.get("/data-consistency/checks")["checks"] == []
            way.thaw()


def test_a_database_of_the_applications_own_is_asked_beside_the_store(sqlite_url: str, tmp_path: Path) -> None:
    gone = f"sqlite:///{tmp_path / 'nowhere' / 'application.sqlite'}"
    with measured(sqlite_url, log_dir=tmp_path) as found:
        settings = found.resources.settings.model_copy(update={"database_url": gone, "store_url": sqlite_url})
        with answering(settings) as api:
            _, lines = ready(api)
    assert lines[1:3] == ["[+]database ok", "[-]application-database failed: it cannot be reached"]


def test_without_own_tables_the_command_is_named(sqlite_url: str, tmp_path: Path) -> None:
    with answering(Settings(database_url=sqlite_url, log_dir=tmp_path, redis_url="redis://127.0.0.1:1/0")) as api:
        status, lines = ready(api)
        health = api.get(f"{BASE}/health")
    assert status == 503
    assert lines[1] == ("[-]database failed: the own tables are not there or not up to date; run `reconcilery init`")
    assert (health.status_code, health.json()["components"]["store"]["status"]) == (200, "unhealthy")


def test_probes_need_no_token_and_the_health_does(sqlite_url: str, tmp_path: Path) -> None:
    with measured(sqlite_url, log_dir=tmp_path, api_tokens=[MAY_READ]) as found:
        assert found.api.get("/readyz").status_code == 503
        assert sqlite_url not in found.api.get("/readyz").text
        problem_of(found.api.get(f"{BASE}/health"), 401)
