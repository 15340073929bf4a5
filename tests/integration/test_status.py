from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from api.views.overview import overall_health
from api.views.status import health_now, status_of
from cli.overview_text import schedule_lines, status_lines
from consistency.database import database_now, transaction
from consistency.errors import LedgerMissing
from consistency.heartbeats import beat_once
from consistency.ledger.delivery_tables import channel_states
from consistency.ledger.schema import create_or_upgrade
from consistency.model import CheckType, Health
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from monitor_tasks import checks
from notifiers.telling import tell_check
from tests.factories.default_app import AppTask, make_application

UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def resources(database_url: str, tmp_path: Path) -> Iterator[Resources]:
    moments = [datetime.now(UTC) - timedelta(minutes=11 + number) for number in range(40)]
    make_application(
        database_url, [AppTask(number, done, has_output=number > 3) for number, done in enumerate(moments)]
    )
    opened = open_resources(Settings(database_url=database_url, log_dir=tmp_path / "logs"))
    yield opened
    opened.dispose()


def closed(resources: Resources, kind: CheckType, slot: str = "") -> str:
    run, _ = checks.start(resources, kind, "task-outputs", slot=slot)
    checks.work(resources, run.id)
    return run.id


def now_of(resources: Resources) -> datetime:
    with transaction(resources.store) as connection:
        return database_now(connection)


def entry_of(status: dict[str, Any], name: str) -> dict[str, Any]:
    (entry,) = [entry for entry in status["schedule"] if entry["name"] == name]
    return entry  # type: ignore[no-any-return]


def test_what_fires_and_what_cannot_be_told_is_shown(resources: Resources) -> None:
    create_or_upgrade(resources.store)
    for _ in range(2):
        tell_check(resources, closed(resources, CheckType.QUICK))
    now = now_of(resources)
    with transaction(resources.store) as connection:
        values = {"channel": "ops", "failures": 5, "probes": 0, "broken_since": now}
        connection.execute(insert(channel_states).values(**values, reason="19021: sign", updated_at=now))
    status = status_of(resources)
    assert [alert["kind"] for alert in status["alerts"]] == ["missing_outputs"]
    assert status["channels"] == {"broken": [{"channel": "ops", "reason": "19021: sign"}], "dead_messages": 0}
    text = status_lines(status, UTC_ZONE, colours=False)
    assert "alerts" in text
    assert "✖ channel ops cannot be told anything: 19021: sign" in text


def test_before_the_first_check_the_status_says_so(resources: Resources) -> None:
    with pytest.raises(LedgerMissing):
        status_of(resources)
    create_or_upgrade(resources.store)
    status = status_of(resources)
    assert (status["health"], status["checks"], status["running"]) == ("unknown", [], [])
    assert [entry["name"] for entry in status["schedule"]][:3] == ["quick-check", "full-check", "deep-check"]
    assert all(entry["last"] == [] for entry in status["schedule"])
    text = status_lines(status, UTC_ZONE, colours=False)
    assert text[:3] == ["? unknown", "  no check has ended yet", "→ reconcilery check quick"]
    assert any(line.startswith("  redis") and "does not answer" in line for line in text)
    known = status_lines(status_of(resources, signs=[]), UTC_ZONE, colours=False)
    assert not any("redis" in line for line in known)


def test_the_latest_checks_the_schedule_and_open_runs_are_shown(resources: Resources) -> None:
    create_or_upgrade(resources.store)
    closed(resources, CheckType.QUICK)
    scheduled = closed(resources, CheckType.QUICK, slot="2026-09-16T03:00:00Z")
    closed(resources, CheckType.QUICK, slot="task 4711")
    running, _ = checks.start(resources, CheckType.DEEP, "task-outputs")
    status = status_of(resources)
    (check,) = status["checks"]
    assert (check["type"], check["health"], check["stale"]) == ("quick", "degraded", False)
    assert status["health"] == "degraded"
    (last,) = entry_of(status, "quick-check")["last"]
    assert (last["check_id"], last["health"], last["lag_seconds"]) == (scheduled, "degraded", 0)
    (open_run,) = status["running"]
    assert (open_run["check_id"], open_run["parts_done"]) == (running.id, 0)
    text = "\n".join(status_lines(status, UTC_ZONE, colours=False))
    assert text.startswith("⚠ degraded\n  ⚠ task-outputs  quick  ")
    assert f"0 of {open_run['parts']} parts" in text


def test_an_old_check_is_stale_and_its_schedule_lags(resources: Resources) -> None:
    create_or_upgrade(resources.store)
    closed(resources, CheckType.QUICK, slot="2026-09-16T03:00:00Z")
    now = now_of(resources)
    assert not status_of(resources, now + timedelta(minutes=29))["checks"][0]["stale"]
    status = status_of(resources, now + timedelta(minutes=40))
    assert (status["checks"][0]["stale"], status["health"]) == (True, "unknown")
    assert status["checks"][0]["report"]["health"] == "degraded"
    (last,) = entry_of(status, "quick-check")["last"]
    assert 25 * 60 <= last["lag_seconds"] <= 40 * 60
    (line,) = [line for line in schedule_lines(status["schedule"], UTC_ZONE) if line.startswith("quick-check")]
    assert " min  task-outputs: degraded" in line
    assert " (stale)" in "\n".join(status_lines(status, UTC_ZONE, colours=False))


def test_the_next_turns_are_told_in_both_zones(resources: Resources) -> None:
    create_or_upgrade(resources.store)
    moment = datetime(2026, 9, 16, 3, 7, 30, tzinfo=UTC)
    entries = status_of(resources, moment)["schedule"]
    assert [entry["next"] for entry in entries[:3]] == [
        "2026-09-16T03:15:00Z",
        "2026-09-16T04:00:00Z",
        "2026-09-17T02:00:00Z",
    ]
    header, first, *_ = schedule_lines(entries, ZoneInfo("Asia/Shanghai"))
    assert header.split() == ["entry", "when", "next", "next", "in", "UTC", "last", "lag", "verdict"]
    assert "2026-09-16 11:15:00 +08:00  2026-09-16 03:15:00 UTC" in first


def test_the_processes_of_this_machine_show_whether_they_live(resources: Resources) -> None:
    create_or_upgrade(resources.store)
    beat_once(resources.settings.log_dir, "worker")
    processes = status_of(resources)["processes"]
    assert processes["worker"]["alive"]
    assert processes["beat"] == {"age_seconds": None, "alive": False, "known": []}


@pytest.mark.parametrize(
    ("checks_seen", "health"),
    [
        ([], "unknown"),
        ([("quick", "healthy")], "healthy"),
        ([("quick", "healthy"), ("full", "unknown")], "unknown"),
        ([("quick", "degraded"), ("full", "unknown")], "degraded"),
        ([("quick", "unhealthy"), ("full", "healthy")], "unhealthy"),
        # What a person once asked for says nothing about now.
        ([("quick", "healthy"), ("range", "unhealthy")], "healthy"),
    ],
)
def test_the_gravest_scheduled_check_decides(checks_seen: list[tuple[str, str]], health: str) -> None:
    assert overall_health([{"type": kind, "health": each} for kind, each in checks_seen]) == health


@pytest.mark.parametrize(
    ("seen", "living", "health"),
    [
        ("healthy", {"worker", "beat", "redis"}, "healthy"),
        ("healthy", {"beat", "redis"}, "unknown"),
        ("healthy", {"worker", "redis"}, "unknown"),
        ("healthy", {"worker", "beat"}, "unknown"),
        # What is known to be wrong is said all the same.
        ("degraded", set(), "degraded"),
        ("unhealthy", set(), "unhealthy"),
        ("unknown", {"worker", "beat", "redis"}, "unknown"),
    ],
)
def test_nothing_is_well_while_nobody_can_look_again(seen: str, living: set[str], health: str) -> None:
    processes = {kind: {"alive": kind in living} for kind in ("worker", "beat")}
    assert health_now(Health(seen), processes, redis_answers="redis" in living) == health


def idle(health: str, tasks: int, coverage: float = 1.0, *, stale: bool = False) -> dict[str, Any]:
    return {
        "type": "quick",
        "health": health,
        "stale": stale,
        "report": {"coverage": coverage, "counts": {"tasks": tasks}},
    }


@pytest.mark.parametrize(
    ("quick", "health"),
    [
        (idle("unknown", 0), "healthy"),
        # What could not be measured, or was long ago, is no quiet hour.
        (idle("unknown", 0, coverage=0.0), "unknown"),
        (idle("unknown", 0, stale=True), "unknown"),
    ],
)
def test_an_hour_without_tasks_leaves_the_word_to_longer_checks(quick: dict[str, Any], health: str) -> None:
    assert overall_health([quick, {"type": "full", "health": "healthy"}]) == health
    assert overall_health([quick]) == "unknown"
