"""Events of whole processes: their ends, deaths, forks and full disks."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monitoring.monitor_interface import MonitorInterface
from tests.acceptance.launching import ROOT
from tests.factories.emitting import PATIENCE, OtherSide, emitting, say, waiting_files

PROGRAM = Path(__file__).with_name("emitting_process.py")


def play(part: str, folder: Path, ends_with: int = 0, *, here: bool = True) -> list[dict[str, Any]]:
    """Let a process play the part to its end; what it told."""
    if here:
        (folder / "here").touch()
    # From 3.12 on, Python warns of every fork of a process with threads.
    warnings = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
    command = [sys.executable, *warnings, str(PROGRAM), part, str(folder)]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == ends_with, done.stderr
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def taken(folder: Path) -> list[str]:
    """What the other side has taken, each event once."""
    by_id = dict(line.split(" ", 1) for line in (folder / "taken").read_text().splitlines())
    return list(by_id.values())


def adopted(folder: Path) -> list[str]:
    """What another process finds on the disk."""
    other_side = OtherSide()
    with emitting(folder / "spool", other_side) as monitor:
        say(monitor, "new")
        assert monitor.flush(PATIENCE)
    return sorted(set(other_side.messages()) - {"new"})


def test_what_is_emitted_last_is_told_and_sent_before_the_end(tmp_path: Path) -> None:
    told = play("ends_at_once", tmp_path)
    assert [each["heard"] for each in told] == taken(tmp_path) == [str(number) for number in range(20)]
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_cannot_be_sent_before_the_end_waits_on_the_disk(tmp_path: Path) -> None:
    play("ends_at_once", tmp_path, here=False)
    assert adopted(tmp_path) == sorted(map(str, range(20)))


def test_grave_events_outlive_a_process_that_is_killed_at_once(tmp_path: Path) -> None:
    play("is_killed", tmp_path, ends_with=-signal.SIGKILL, here=False)
    assert adopted(tmp_path) == ["0", "1", "2", "3", "4"]
    assert waiting_files(tmp_path / "spool") == []


def test_a_forked_child_sends_its_own_and_nothing_of_its_parents(tmp_path: Path) -> None:
    told = {each["name"]: each["counts"] for each in play("forks", tmp_path)}
    counts = {name: (found["emitted"], found["sent"], found["waiting"]) for name, found in told.items()}
    assert counts == {"parent": (100, 100, 0), "child": (50, 50, 0)}
    assert len((tmp_path / "taken").read_text().splitlines()) == len(set(taken(tmp_path))) == 150


def test_forks_amid_emitting_threads_are_whole(tmp_path: Path) -> None:
    assert play("forks_while_threads_emit", tmp_path) == [{"whole": True}]
    found = set(taken(tmp_path))
    assert {f"{kind} {number}" for number in range(20) for kind in ("mild", "grave")} <= found


def test_children_of_multiprocessing_send_before_their_end(tmp_path: Path) -> None:
    play("has_children", tmp_path)
    assert sorted(taken(tmp_path)) == ["0", "1", "2", "3", "parent"]


def test_on_a_full_disk_events_wait_in_memory_and_what_is_lost_is_counted(tmp_path: Path) -> None:
    full, later = play("has_no_room", tmp_path, here=False)
    assert (full["emitted"], full["sent"]) == (12_001, 0)
    assert full["waiting"] + full["dropped"] == 12_001
    assert full["waiting"] >= 10_000
    assert (later["whole"], later["waiting"], later["dropped"]) == (True, 0, full["dropped"])
    assert len(taken(tmp_path)) == later["sent"] == 12_002 - full["dropped"]


def test_a_folder_that_is_none_hurts_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "spool").write_text("a file")
    other_side = OtherSide()
    with emitting(tmp_path / "spool", other_side) as monitor:
        say(monitor, "mild")
        say(monitor, "grave", level="critical")
        assert monitor.flush(PATIENCE)
    assert sorted(other_side.messages()) == ["grave", "mild"]
    assert [line.partition(" ")[0] for line in caplog.messages] == ["events.in_memory:"]


def test_importing_the_interface_is_light() -> None:
    heavy = ("sqlalchemy", "pydantic", "requests", "celery", "redis", "structlog", "prometheus_client")
    program = (
        "import json, sys, monitoring.monitor_interface as found\n"
        "import monitoring.console, monitoring.counting\n"
        "found.get_monitor_interface().emit_event('sync_success', 'info', 'x')\n"
        f"print(json.dumps([name for name in {heavy} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []


def test_the_interface_of_a_process_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitoring import monitor_interface  # noqa: PLC0415 - its only interface is put aside

    monkeypatch.setattr(monitor_interface, "_only", None)
    monitor = monitor_interface.get_monitor_interface()
    assert isinstance(monitor, MonitorInterface)
    assert monitor_interface.setup_monitor_interface(service="sync 2") is monitor
    assert monitor.emit_event("sync_success", "info", "x").service == "sync 2"
    monitor.close()
    assert monitor_interface.get_monitor_interface() is not monitor
    monitor_interface.get_monitor_interface().close()
