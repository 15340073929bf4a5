"""Callbacks: who is told of what, and that none of them is in the way of the program or of another."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from consistency.errors import BadEvent
from monitoring.emitting import listener
from monitoring.monitor_interface import Event, EventLevel, EventType, MonitorInterface
from tests.acceptance.launching import eventually
from tests.factories.emitting import PATIENCE, say


@pytest.fixture
def monitor() -> Iterator[MonitorInterface]:
    found = MonitorInterface()
    yield found
    found.close()


def messages(heard: list[Event]) -> list[str]:
    return [event.message for event in heard]


def test_a_callback_gets_events_in_their_order(monitor: MonitorInterface) -> None:
    heard: list[Event] = []
    monitor.register_callback(heard.append)
    say(monitor, *map(str, range(100)))
    assert monitor.flush(PATIENCE)
    assert messages(heard) == [str(number) for number in range(100)]
    assert monitor.counts.callbacks_called == 100


def test_a_callback_hears_of_what_is_emitted_between_its_beginning_and_its_end(monitor: MonitorInterface) -> None:
    heard: list[Event] = []
    for number in range(20):
        say(monitor, "before or after")
        monitor.register_callback(heard.append)
        say(monitor, str(number))
        assert monitor.unregister_callback(heard.append)
    eventually(lambda: len(heard) == 20)
    assert messages(heard) == list(map(str, range(20)))


def test_each_failing_callback_is_named_in_the_log(monitor: MonitorInterface, caplog: pytest.LogCaptureFixture) -> None:
    def first(_: Event) -> None:
        raise ValueError

    def second(_: Event) -> None:
        raise KeyError

    monitor.register_callback(first)
    monitor.register_callback(second)
    say(monitor, "one", "two")
    assert monitor.flush(PATIENCE)
    raised = sorted(record.getMessage().split(" in ")[0].rpartition(".")[2] for record in caplog.records)
    assert raised == ["first raised ValueError", "second raised KeyError"]


def test_each_callback_gets_an_event_of_its_own(monitor: MonitorInterface) -> None:
    spoiled: list[Event] = []
    heard: list[Event] = []

    def spoiling(event: Event) -> None:
        event.details["tables"].clear()
        spoiled.append(event)

    monitor.register_callback(spoiling)
    monitor.register_callback(heard.append)
    emitted = monitor.emit_event("sync_success", "info", "done", {"tables": ["coin_data"]}, {"records_synced": 5})
    assert monitor.flush(PATIENCE)
    assert heard == [emitted]
    assert heard[0].details == {"tables": ["coin_data"]}
    assert spoiled[0].details == {"tables": []}


#: What is asked for, and what of it is told.
CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["sync_success info", "sync_failure error", "health_check warning", "sync_failure critical"]),
    ({"event_types": [EventType.SYNC_FAILURE]}, ["sync_failure error", "sync_failure critical"]),
    ({"event_types": "SYNC_SUCCESS"}, ["sync_success info"]),
    ({"event_types": []}, []),
    ({"levels": ["info", EventLevel.CRITICAL]}, ["sync_success info", "sync_failure critical"]),
    ({"levels": "Info"}, ["sync_success info"]),
    ({"min_level": "warning"}, ["sync_failure error", "health_check warning", "sync_failure critical"]),
    ({"min_level": EventLevel.ERROR, "event_types": {"sync_failure"}}, ["sync_failure error", "sync_failure critical"]),
    ({"min_level": "error", "levels": ["info", "error"]}, ["sync_failure error"]),
]


@pytest.mark.parametrize(("wanted", "told"), CASES)
def test_a_callback_is_told_of_what_it_wants(
    monitor: MonitorInterface, wanted: dict[str, Any], told: list[str]
) -> None:
    heard: list[Event] = []
    monitor.register_callback(heard.append, **wanted)
    for kind in CASES[0][1]:
        name, level = kind.split()
        monitor.emit_event(name, level, "message")
    assert monitor.flush(PATIENCE)
    assert [f"{event.event_type} {event.level}" for event in heard] == told


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"event_types": ["sync_sucess"]}, "did you mean sync_success"),
        ({"levels": ["fatal"]}, "allowed are info, warning, error, critical"),
        ({"min_level": 3}, "level: 3 is unknown"),
    ],
)
def test_an_unknown_wish_is_an_error_where_it_is_made(
    monitor: MonitorInterface, wanted: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadEvent, match=named):
        monitor.register_callback(print, **wanted)


def test_what_cannot_be_called_is_no_callback(monitor: MonitorInterface) -> None:
    with pytest.raises(TypeError, match="callback: 5 cannot be called"):
        monitor.register_callback(5)  # type: ignore[call-overload]


def test_it_can_stand_over_a_function(monitor: MonitorInterface) -> None:
    heard: list[Event] = []

    @monitor.register_callback
    def plain(event: Event) -> None:
        heard.append(event)

    @monitor.register_callback(min_level="error")
    def choosy(event: Event) -> None:
        heard.append(event)

    say(monitor, "mild")
    say(monitor, "grave", level="error")
    assert monitor.flush(PATIENCE)
    assert sorted(messages(heard)) == ["grave", "grave", "mild"]
    assert callable(plain)
    assert callable(choosy)


def test_registered_twice_it_is_told_once_by_the_latest_wishes(monitor: MonitorInterface) -> None:
    heard: list[Event] = []
    monitor.register_callback(heard.append)
    monitor.register_callback(heard.append, min_level="error")
    say(monitor, "mild")
    say(monitor, "grave", level="error")
    assert monitor.flush(PATIENCE)
    assert messages(heard) == ["grave"]


def test_unregistered_it_is_told_no_more(monitor: MonitorInterface) -> None:
    heard: list[Event] = []
    monitor.register_callback(heard.append)
    say(monitor, "before")
    assert monitor.flush(PATIENCE)
    assert monitor.unregister_callback(heard.append)
    assert not monitor.unregister_callback(heard.append)
    say(monitor, "after")
    assert monitor.flush(PATIENCE)
    assert messages(heard) == ["before"]


def test_one_that_hangs_delays_no_other(monitor: MonitorInterface) -> None:
    released = threading.Event()
    heard: list[Event] = []
    monitor.register_callback(lambda _: released.wait(PATIENCE))
    monitor.register_callback(heard.append)
    say(monitor, "one", "two")
    eventually(lambda: messages(heard) == ["one", "two"])
    assert not monitor.flush(0.01)
    released.set()
    assert monitor.flush(PATIENCE)


def test_what_a_slow_one_cannot_hold_is_dropped_and_counted(
    monitor: MonitorInterface, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener, "MOST", 10)
    released, began = threading.Event(), threading.Event()
    heard: list[Event] = []

    def slow(event: Event) -> None:
        began.set()
        released.wait(PATIENCE)
        heard.append(event)

    monitor.register_callback(slow)
    say(monitor, "first")
    assert began.wait(PATIENCE)
    say(monitor, *map(str, range(15)))
    eventually(lambda: monitor.counts.callbacks_dropped == 5)
    released.set()
    assert monitor.flush(PATIENCE)
    assert messages(heard) == ["first", *map(str, range(10))]
    assert [line.partition(" ")[0] for line in caplog.messages] == ["callback.dropped:"]


@pytest.mark.parametrize(
    "raised", [ValueError("at https://chat.example/hook/secret"), SystemExit(3), KeyboardInterrupt()]
)
def test_one_that_raises_hurts_nobody(
    monitor: MonitorInterface, raised: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Event] = []

    def failing(_: Event) -> None:
        raise raised

    monitor.register_callback(failing)
    monitor.register_callback(heard.append)
    say(monitor, "one", "two")
    assert monitor.flush(PATIENCE)
    assert messages(heard) == ["one", "two"]
    assert (monitor.counts.callbacks_called, monitor.counts.callbacks_failed) == (4, 2)
    (line,) = caplog.messages
    assert f"raised {type(raised).__name__} in test_callbacks.py:" in line
    assert "secret" not in line


def test_where_an_asynchronous_one_has_failed_is_named(
    monitor: MonitorInterface, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(_: Event) -> None:
        await asyncio.sleep(0)
        raise ValueError

    monitor.register_callback(failing)
    say(monitor, "one")
    assert monitor.flush(PATIENCE)
    assert "raised ValueError in test_callbacks.py:" in caplog.text


def test_an_asynchronous_one_keeps_its_loop(monitor: MonitorInterface) -> None:
    heard: list[Event] = []
    loops: set[int] = set()

    async def calling(event: Event) -> None:
        await asyncio.sleep(0)
        loops.add(id(asyncio.get_running_loop()))
        heard.append(event)

    monitor.register_callback(calling)
    say(monitor, "one", "two")
    assert monitor.flush(PATIENCE)
    assert (messages(heard), len(loops)) == (["one", "two"], 1)


def test_one_may_emit_and_wait_itself(monitor: MonitorInterface) -> None:
    heard: list[Event] = []

    def answering(event: Event) -> None:
        say(monitor, "answer", level="warning")
        monitor.flush(0.01)
        heard.append(event)

    monitor.register_callback(answering, levels=["info"])
    monitor.register_callback(heard.append, levels=["warning"])
    say(monitor, "question")
    eventually(lambda: sorted(messages(heard)) == ["answer", "question"])


def test_many_threads_may_emit_at_once(monitor: MonitorInterface) -> None:
    heard: list[Event] = []
    monitor.register_callback(heard.append)
    said = {no: [f"{no}-{each}" for each in range(300)] for no in range(8)}
    threads = [threading.Thread(target=say, args=(monitor, *said[no])) for no in said]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
    assert monitor.flush(PATIENCE)
    assert monitor.counts.emitted == 2400
    for no, names in said.items():
        assert [name for name in messages(heard) if name.startswith(f"{no}-")] == names


async def emit_and_ask(monitor: MonitorInterface) -> dict[str, Any]:
    say(monitor, *map(str, range(10)))
    return await monitor.get_sync_metrics(hours=1)


def test_it_can_be_used_from_asyncio(monitor: MonitorInterface) -> None:
    assert asyncio.run(emit_and_ask(monitor))["sync_success_count"] == 10
