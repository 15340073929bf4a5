"""Work that is told by its start and its end, signs of life, and the two callbacks that come along."""

import itertools
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from consistency.errors import BadEvent, BadRequest
from monitoring.console import console_callback
from monitoring.counting import prometheus_callback
from monitoring.monitor_interface import Event, MonitorInterface
from tests.acceptance.launching import eventually
from tests.factories.emitting import PATIENCE, say


@pytest.fixture
def monitor() -> Iterator[MonitorInterface]:
    found = MonitorInterface(service="datasync")
    yield found
    found.close()


@pytest.fixture
def heard(monitor: MonitorInterface) -> list[Event]:
    found: list[Event] = []
    monitor.register_callback(found.append)
    return found


def test_work_that_succeeds_is_told_by_two_events(monitor: MonitorInterface, heard: list[Event]) -> None:
    with monitor.tracked("sync", "nightly sync", table="coin_data") as work:
        work.metrics["records_synced"] = 1000
        work.details["pages"] = 3
    assert monitor.flush(PATIENCE)
    start, success = heard
    assert (start.event_type, start.level, start.message) == ("sync_start", "info", "nightly sync")
    assert start.details == {"table": "coin_data", "operation_id": work.operation_id}
    assert (success.event_type, success.level) == ("sync_success", "info")
    assert success.details == {"table": "coin_data", "pages": 3, "operation_id": work.operation_id}
    assert success.metrics["records_synced"] == 1000
    assert success.metrics["duration_seconds"] >= 0


@pytest.mark.parametrize("raised", [ValueError("the table\nis gone"), KeyboardInterrupt("the table is gone")])
def test_work_that_fails_is_told_with_its_error(
    monitor: MonitorInterface, heard: list[Event], raised: BaseException
) -> None:
    with pytest.raises(type(raised)), monitor.tracked("cleanup"):
        raise raised
    assert monitor.flush(PATIENCE)
    start, failure = heard
    assert (failure.event_type, failure.level, failure.message) == ("cleanup_failure", "error", "cleanup")
    assert failure.details["operation_id"] == start.details["operation_id"]
    assert failure.details["error"] == f"{type(raised).__name__}: the table is gone"


def test_what_a_block_added_that_is_no_json_does_not_cover_its_own_error(
    monitor: MonitorInterface, heard: list[Event]
) -> None:
    def work_badly() -> None:
        with monitor.tracked("migration", "m") as work:
            work.metrics["rows"] = {1}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work_badly()
    assert monitor.flush(PATIENCE)
    assert [event.event_type for event in heard] == ["migration_start", "migration_failure"]


def test_an_unknown_kind_of_work_is_an_error(monitor: MonitorInterface) -> None:
    with (
        pytest.raises(BadEvent, match='kind: "sink" is unknown; tracked are sync, cleanup, migration'),
        monitor.tracked("sink"),
    ):
        pass


def test_what_is_tracked_is_counted(monitor: MonitorInterface) -> None:
    for records in (5, 7):
        with monitor.tracked("cleanup") as work:
            work.metrics["records_deleted"] = records
    assert monitor.cleanup_metrics()["total_records_deleted"] == 12


def test_signs_of_life_come_until_it_stops(monitor: MonitorInterface, heard: list[Event]) -> None:
    monitor.start_heartbeat(timedelta(seconds=1))
    eventually(lambda: len(heard) > 1)
    monitor.close()
    *running, stopped = [(event.event_type, event.level, event.details) for event in heard]
    details = {"status": "running", "instance": heard[0].details["instance"], "heartbeat_seconds": 1}
    assert running == [("service_status", "info", details)] * len(running)
    assert stopped[2] == details | {"status": "stopped"}
    assert heard[0].details["instance"].endswith(f":{os.getpid()}")


def test_started_again_the_promise_is_another(monitor: MonitorInterface, heard: list[Event]) -> None:
    monitor.start_heartbeat(60)
    monitor.start_heartbeat(90)
    assert monitor.flush(PATIENCE)
    found = [(event.details["status"], event.details["heartbeat_seconds"]) for event in heard]
    assert found == [("running", 60), ("stopped", 60), ("running", 90)]


@pytest.mark.parametrize("every", [0, 0.5, -1, 604_801, float("nan"), True, "60", None])
def test_a_promise_that_cannot_be_kept_is_an_error(monitor: MonitorInterface, every: Any) -> None:
    with pytest.raises(BadRequest, match="every: a heartbeat comes every second to every week"):
        monitor.start_heartbeat(every)


def test_the_console_shows_an_event_on_one_line(monitor: MonitorInterface, capsys: pytest.CaptureFixture[str]) -> None:
    event = monitor.emit_event(
        "sync_success", "info", "数据同步完成\n\x1b[31m", metrics={"records_synced": 1000, "rate": 1.0}
    )
    console_callback(event)
    assert capsys.readouterr().out == (
        f"{event.timestamp}  info      datasync  sync_success  数据同步完成 ?[31m  records_synced=1000  rate=1.0\n"
    )


def test_events_are_counted_for_prometheus(monitor: MonitorInterface) -> None:
    monitor.register_callback(prometheus_callback)

    def counted(level: str) -> float:
        labels = {"type": "sync_success", "level": level}
        return REGISTRY.get_sample_value("reconcilery_events_total", labels) or 0.0

    before = counted("info"), counted("error")
    say(monitor, "one", "two")
    say(monitor, "three", level="error")
    assert monitor.flush(PATIENCE)
    assert (counted("info"), counted("error")) == (before[0] + 2, before[1] + 1)


def test_operations_have_names_of_their_own(monitor: MonitorInterface) -> None:
    names = set()
    for _ in itertools.repeat(None, 100):
        with monitor.tracked("sync") as work:
            names.add(work.operation_id)
    assert len(names) == 100
