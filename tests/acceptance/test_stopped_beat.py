"""Beat stops, and after two periods every door says that nobody looks any more: none of them stays green."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from api.views.processes import ALIVE_SECONDS
from consistency.heartbeats import heartbeat_file
from consistency.signs_of_life import key_of
from tests.acceptance.command_line import Place
from tests.acceptance.launching import eventually
from tests.acceptance.served import BASE, Served
from tests.acceptance.stage import beating, stage
from tests.factories.default_app import AppTask
from tests.servers.prometheus import Prometheus, prometheus

PREFIX = "reconcilery:"


@contextmanager
def looked_after(
    folder: Path, database_url: str, redis_url: str, every: str
) -> Iterator[tuple[Place, Served, subprocess.Popen[bytes], Prometheus]]:
    """An application that lacks nothing, with a quick check every so often; its server, its beat, who watches it."""
    now = datetime.now(UTC)
    rows = [AppTask(number, now - timedelta(minutes=20, seconds=number)) for number in range(1, 41)]
    later = f"{(now.hour + 12) % 24:02d}:30"
    settings = {
        "RECONCILERY_QUICK_EVERY": every,
        "RECONCILERY_FULL_EVERY": "20h",
        "RECONCILERY_DEEP_AT": later,
    }
    with (
        stage(folder, database_url, redis_url, rows, **settings) as found,
        beating(found.place) as beat,
        prometheus(found.server.url) as rules,
    ):
        yield found.place, found.server, beat, rules


def test_a_stopped_beat_shows_at_every_door(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    with looked_after(tmp_path, postgres_url, redis_url, "5s") as (place, server, beat, rules):
        eventually(lambda: is_green(place, server, rules))
        beat.kill()
        # Its last sign of life grows old by a minute, which a test does not wait for.
        let_grow_older(place, redis_url, ALIVE_SECONDS + 1)
        eventually(lambda: server.health()["checks"] == "unknown")
        assert_nothing_is_green(place, server)
        eventually(lambda: "ReconcileryCheckStale" in rules.firing())
        # What was read is good for ten seconds.
        eventually(lambda: rules.value('reconcilery_process_alive{process="beat"}') == 0)
        eventually(lambda: rules.value('reconcilery_health_status{status="healthy"} == 1') is None)
        assert rules.value("reconcilery_completion_ratio") is None


@pytest.mark.full
def test_it_does_so_after_two_periods_indeed(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    with looked_after(tmp_path, postgres_url, redis_url, "35s") as (place, server, beat, rules):
        eventually(lambda: is_green(place, server, rules))
        beat.kill()
        eventually(lambda: (server.health()["checks"], server.health()["beat"]) == ("unknown", "unhealthy"))
        assert_nothing_is_green(place, server)
        eventually(lambda: "ReconcileryCheckStale" in rules.firing())


def let_grow_older(place: Place, redis_url: str, seconds: float) -> None:
    """The last sign of life of beat, in Redis and in its file."""
    with redis.Redis.from_url(redis_url) as client:
        for member in client.zrange(key_of(PREFIX), 0, -1):
            if member.startswith(b"beat "):
                client.zincrby(key_of(PREFIX), -seconds, member)
    os.utime(heartbeat_file(place.folder / "logs", "beat"), (time.time() - seconds,) * 2)


def is_green(place: Place, server: Served, rules: Prometheus) -> bool:
    """While beat runs all is well, so what comes later comes from its end."""
    if set(server.health().values()) != {"healthy"} or server.get("/readyz").status_code != 200:
        return False
    title = server.get("/").text.partition("<title>")[2]
    badge = server.get(f"{BASE}/badge.json").json()
    well = rules.value('reconcilery_health_status{window="1h",status="healthy"}') == 1
    if (title[0], badge["color"], well, rules.firing()) != ("✔", "brightgreen", True, set()):
        return False
    status = place.run("status", "--json").json
    return bool(status["health"] == "healthy" and status["processes"]["beat"]["alive"])


def assert_nothing_is_green(place: Place, server: Served) -> None:
    health = server.health()
    assert (health["status"], health["checks"], health["beat"]) == ("unhealthy", "unknown", "unhealthy")
    assert server.get(f"{BASE}/health?strict=1").status_code == 503

    ready = server.get("/readyz")
    assert ready.status_code == 503
    assert "[-]beat failed: no sign of life for " in ready.text
    assert "[+]worker ok" in ready.text

    badge = server.get(f"{BASE}/badge.json").json()
    assert (badge["message"], badge["color"]) == ("overdue", "lightgrey")
    assert "overdue" in server.get(f"{BASE}/badge.svg").text
    metrics = server.get(f"{BASE}/data-consistency/metrics").json()
    assert (metrics["health"], metrics["stale"]) == ("unknown", True)

    page = server.get("/").text
    assert page.partition("<title>")[2][0] == "✖"
    assert '<section class="verdict unhealthy"' in page
    assert 'class="big healthy"' not in page

    told = place.run("status")
    assert told.out.splitlines()[0].split() == ["?", "unknown"]
    assert "(stale)" in told.out
    assert "not running?" in told.out.partition("processes")[2].partition("beat")[2]
    assert place.run("probe", "beat").code != 0
