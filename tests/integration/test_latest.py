import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from consistency.errors import BrokerUnavailable
from consistency.latest import LatestReports, connect, redis_errors
from consistency.settings import Settings


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(Settings(redis_url=redis_url)) as connected:
        yield connected


@pytest.fixture
def latest(client: redis.Redis) -> LatestReports:
    return LatestReports(client, "reconcilery:")


def report(*, as_of: str = "2026-09-16T04:00:00Z", check_type: str = "quick", rule: str = "tasks") -> dict[str, Any]:
    return {"schema_version": 1, "type": check_type, "rule": rule, "as_of": as_of, "completion_rate": None}


def test_the_latest_report_is_found_by_type_and_rule(client: redis.Redis, latest: LatestReports) -> None:
    assert latest.store(report())
    assert latest.get("quick", "tasks") == report()
    assert latest.get("full", "tasks") is None
    assert client.exists("reconcilery:latest:quick:tasks") == 1


@pytest.mark.parametrize(
    ("as_of", "kept"),
    [
        ("2026-09-16T04:00:01Z", True),
        ("2026-09-16T04:00:00.000001Z", True),
        ("2026-09-16T04:00:00Z", True),  # the same check, recorded once more
        ("2026-09-16T03:59:59.999999Z", False),
        ("2026-09-16T11:59:59+08:00", False),  # older, although its text sorts behind
    ],
)
def test_an_older_report_never_replaces_a_newer_one(latest: LatestReports, as_of: str, kept: bool) -> None:  # noqa: FBT001 - a column of the table above
    latest.store(report())
    assert latest.store(report(as_of=as_of)) is kept
    assert latest.get("quick", "tasks") == report(as_of=as_of if kept else "2026-09-16T04:00:00Z")


def test_writers_at_once_leave_the_newest(redis_url: str, latest: LatestReports) -> None:
    def write(first: int) -> None:
        with connect(Settings(redis_url=redis_url)) as own:
            reports = LatestReports(own)
            for minute in range(first, 60, 8):
                reports.store(report(as_of=f"2026-09-16T04:{59 - minute:02d}:00Z"))

    writers = [threading.Thread(target=write, args=(first,)) for first in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert latest.get("quick", "tasks") == report(as_of="2026-09-16T04:59:00Z")


def test_all_reports_come_by_rule_and_type(client: redis.Redis, latest: LatestReports) -> None:
    assert latest.all() == []
    given = [report(rule=rule, check_type=kind) for rule in ("a", "b") for kind in ("deep", "full", "quick")]
    for one in reversed(given):
        latest.store(one)
    client.set("reconcilery:latest-of-somebody", "x")
    LatestReports(client, "other:").store(report(rule="elsewhere"))
    assert latest.all() == given
    client.delete("reconcilery:latest:full:a")  # evicted
    assert latest.all() == [one for one in given if (one["rule"], one["type"]) != ("a", "full")]


@pytest.mark.parametrize("damage", ["", "{", "5", '{"as_of": 7}', "{}"])
def test_a_damaged_entry_is_replaced(client: redis.Redis, latest: LatestReports, damage: str) -> None:
    client.set("reconcilery:latest:quick:tasks", damage)
    assert latest.store(report())
    assert latest.get("quick", "tasks") == report()


def test_a_user_with_few_rights_is_enough(redis_url: str, client: redis.Redis) -> None:
    rights = ["+@read", "+@write", "+@transaction", "+@connection", "-@scripting", "-@dangerous"]
    client.acl_setuser("few", enabled=True, passwords=["+pw"], keys=["mine:*"], categories=rights)
    try:
        address = redis_url.rpartition("@")[2]
        with connect(Settings(redis_url=f"redis://few:pw@{address}")) as limited:
            assert LatestReports(limited, "mine:").store(report())
            assert LatestReports(limited, "mine:").all() == [report()]
            with pytest.raises(BrokerUnavailable, match="permissions") as caught:
                LatestReports(limited, "yours:").get("quick", "tasks")
            assert "\n" not in str(caught.value)
    finally:
        client.acl_deluser("few")


def test_a_server_that_is_not_there_is_one_line_without_the_password() -> None:
    with (
        connect(Settings(redis_url="redis://user:hunter2@127.0.0.1:1/3")) as client,
        pytest.raises(BrokerUnavailable, match=r"Redis at redis://127\.0\.0\.1:1/3 did not do its part: ") as caught,
    ):
        LatestReports(client).all()
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_told(redis_url: str) -> None:
    address = redis_url.rpartition("@")[2]
    with (
        connect(Settings(redis_url=f"redis://:hunter2@{address}")) as client,
        pytest.raises(BrokerUnavailable) as caught,
    ):
        LatestReports(client).store(report())
    assert "hunter2" not in str(caught.value)


def test_other_errors_pass_through(client: redis.Redis) -> None:
    with pytest.raises(ValueError, match="mine"), redis_errors(client):
        raise ValueError("mine")
