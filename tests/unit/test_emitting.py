"""Events on their way from the interface: at once, later, in order, each once, and never in the way of the program."""

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.monitor_interface import EventLevel, EventType, MonitorInterface
from monitoring.sending.spool_files import SpoolFile
from tests.acceptance.launching import eventually
from tests.factories.emitting import PATIENCE, OtherSide, emitting, say, waiting_files


@pytest.fixture
def other_side() -> OtherSide:
    return OtherSide()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "events"


@pytest.fixture
def monitor(folder: Path, other_side: OtherSide) -> Iterator[MonitorInterface]:
    with emitting(folder, other_side) as found:
        yield found


def test_an_event_arrives_as_it_was_returned(monitor: MonitorInterface, other_side: OtherSide) -> None:
    details, metrics = {"tables": ["coin_data"]}, {"duration_seconds": 30.5}
    event = monitor.emit_event(EventType.SYNC_SUCCESS, EventLevel.INFO, "数据同步完成: 1000条记录", details, metrics)
    assert monitor.flush(PATIENCE)
    (arrived,) = other_side.taken
    assert arrived.read() == event
    assert event.timestamp.endswith("Z")
    assert (event.event_type, event.level, event.service) == ("sync_success", "info", "datasync")


def test_events_arrive_in_their_order_in_batches(monitor: MonitorInterface, other_side: OtherSide) -> None:
    say(monitor, *map(str, range(3000)))
    assert monitor.flush(PATIENCE)
    assert other_side.messages() == [str(number) for number in range(3000)]
    assert max(other_side.batches) <= 500
    assert len(other_side.batches) < 100


def test_what_is_changed_after_emitting_does_not_reach_the_event(
    monitor: MonitorInterface, other_side: OtherSide
) -> None:
    details = {"tables": ["coin_data"]}
    monitor.emit_event("sync_success", "info", "done", details)
    details["tables"].append("indicator_data")
    assert monitor.flush(PATIENCE)
    assert other_side.taken[0].read().details == {"tables": ["coin_data"]}


def test_nothing_is_lost_while_the_other_side_is_away(
    monitor: MonitorInterface, other_side: OtherSide, caplog: pytest.LogCaptureFixture
) -> None:
    other_side.away = True
    say(monitor, *map(str, range(1200)))
    assert not monitor.flush(0.5)
    assert (monitor.counts.waiting, monitor.counts.sent) == (1200, 0)
    other_side.away = False
    assert monitor.flush(PATIENCE)
    assert other_side.messages() == [str(number) for number in range(1200)]
    assert (monitor.counts.waiting, monitor.counts.sent, monitor.counts.dropped) == (0, 1200, 0)
    waiting = "events.waiting: the other side is away; they are kept and sent later"
    assert caplog.messages.count(waiting) == 1


def test_a_way_out_that_raises_anything_is_tried_again(monitor: MonitorInterface, other_side: OtherSide) -> None:
    tried: list[None] = []

    def refuses(_: object) -> bool:
        tried.append(None)
        if len(tried) < 3:
            raise ZeroDivisionError
        return False

    other_side.refuses = refuses
    say(monitor, "once")
    assert monitor.flush(PATIENCE)
    assert other_side.messages() == ["once"]


def test_a_way_out_that_cannot_be_opened_is_opened_later(folder: Path, other_side: OtherSide) -> None:
    tried: list[None] = []

    def opening() -> OtherSide:
        tried.append(None)
        if len(tried) < 3:
            raise OSError("no network yet")
        return other_side.open()

    monitor = MonitorInterface(folder=folder, open_transport=opening)
    say(monitor, "once")
    assert monitor.flush(PATIENCE)
    monitor.close()
    assert (other_side.messages(), other_side.opened, other_side.closed) == (["once"], 1, 1)


def test_grave_events_are_on_the_disk_at_once(monitor: MonitorInterface, folder: Path, other_side: OtherSide) -> None:
    other_side.answers.clear()
    for level in ("error", "critical"):
        say(monitor, level, level=level)
        (file,) = waiting_files(folder)
        assert level in file.read_text()
    other_side.answers.set()
    assert monitor.flush(PATIENCE)
    assert other_side.messages() == ["error", "critical"]


def test_while_the_other_side_hangs_events_come_to_the_disk(
    monitor: MonitorInterface, folder: Path, other_side: OtherSide
) -> None:
    other_side.answers.clear()
    say(monitor, "first")
    assert other_side.asked.wait(PATIENCE)
    say(monitor, "second", "third")
    (file,) = waiting_files(folder)
    eventually(lambda: file.read_text().count("\n") == 3)
    other_side.answers.set()
    assert monitor.flush(PATIENCE)
    assert other_side.messages() == ["first", "second", "third"]


def test_what_is_refused_lies_aside_with_the_reason(
    monitor: MonitorInterface, folder: Path, other_side: OtherSide, caplog: pytest.LogCaptureFixture
) -> None:
    other_side.refuses = lambda event: event.message == "bad"
    event = monitor.emit_event("sync_success", "info", "bad")
    say(monitor, "good", "bad")
    assert monitor.flush(PATIENCE)
    assert other_side.messages() == ["good"]
    aside = [json.loads(line) for line in (folder / "refused.jsonl").read_text().splitlines()]
    assert aside[0] == {"reason": "level: it is not taken", "id": event.id, "event": event.body()}
    assert (len(aside), monitor.counts.refused, monitor.counts.sent) == (2, 2, 1)
    assert [line.partition(" ")[0] for line in caplog.messages] == ["events.refused:"]


def test_what_a_dead_process_has_left_is_sent_as_well(folder: Path, other_side: OtherSide) -> None:
    other_side.away = True
    with emitting(folder, other_side) as first:
        say(first, "left behind")
    assert len(waiting_files(folder)) == 1
    later = OtherSide()
    with emitting(folder, later) as second:
        say(second, "new")
        assert second.flush(PATIENCE)
        eventually(lambda: (second.counts.sent, second.counts.adopted) == (2, 1))
    assert sorted(later.messages()) == ["left behind", "new"]
    assert waiting_files(folder) == []


def test_lines_that_nobody_can_read_keep_nothing_back(folder: Path, other_side: OtherSide) -> None:
    other_side.away = True
    with emitting(folder, other_side) as first:
        say(first, "whole", "torn")
    (file,) = waiting_files(folder)
    whole, torn = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"\0\0\0\n" + b'evt_1 {"message"}\n' + b"\xff {}\n" + whole + torn[: len(torn) // 2])
    later = OtherSide()
    with emitting(folder, later) as second:
        say(second, "new")
        assert second.flush(PATIENCE)
    assert sorted(later.messages()) == ["new", "whole"]


def test_a_large_backlog_is_put_into_several_files_and_sent_in_order(
    folder: Path, other_side: OtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.sending.spool._FULL", 20_000)
    other_side.away = True
    with emitting(folder, other_side) as monitor:
        for start in range(0, 1000, 100):
            say(monitor, *map(str, range(start, start + 100)))
            assert not monitor.flush(0.01)
        eventually(lambda: len(waiting_files(folder)) > 2)
        other_side.away = False
        assert monitor.flush(PATIENCE)
        assert sorted(map(int, other_side.messages())) == list(range(1000))
        assert (monitor.counts.waiting, monitor.counts.sent, monitor.counts.adopted) == (0, 1000, 0)
    assert waiting_files(folder) == []


def test_where_nothing_is_set_events_are_remembered_and_no_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monitor = MonitorInterface()
    say(monitor, "one", "two")
    say(monitor, "three", level="critical")
    assert monitor.flush(PATIENCE)
    assert monitor.sync_metrics()["sync_success_count"] == 3
    monitor.close()
    assert list(tmp_path.iterdir()) == []


def test_a_closed_interface_still_brings_events_to_the_disk(folder: Path, other_side: OtherSide) -> None:
    with emitting(folder, other_side) as monitor:
        say(monitor, "before")
    say(monitor, "after")
    assert monitor.counts.emitted == 2
    later = OtherSide()
    (file,) = waiting_files(folder)
    assert "after" in file.read_text()
    assert SpoolFile.left_behind(file) is None
    monitor._dispatcher.way.forget_inherited()
    with emitting(folder, later) as second:
        say(second, "new")
        assert second.flush(PATIENCE)
    assert other_side.messages() == ["before"]
    assert sorted(later.messages()) == ["after", "new"]


def test_trouble_is_logged_once_a_minute(
    monitor: MonitorInterface, other_side: OtherSide, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    other_side.away = True
    for number in range(20):
        say(monitor, str(number))
        assert not monitor.flush(0.01)
    assert len(caplog.messages) == 1
    other_side.away = False
    assert monitor.flush(PATIENCE)
    eventually(lambda: caplog.messages[1:] == ["events.sent: they are taken again"])


def test_what_others_go_on_emitting_does_not_hold_up_a_flush(monitor: MonitorInterface, other_side: OtherSide) -> None:
    over = threading.Event()

    def go_on() -> None:
        while not over.is_set():
            say(monitor, "more", level="error")

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        say(monitor, "mine")
        assert monitor.flush(PATIENCE)
        assert "mine" in other_side.messages()
    finally:
        over.set()
        thread.join()
