"""examples/data_sync at work: a synchroniser of two SQLite files, and what Reconcilery knows of it afterwards."""

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consistency.database import connect, transaction
from consistency.ledger.events import EventFilter, StoredEvent, find_events
from consistency.ledger.pulses import all_pulses
from tests.acceptance.command_line import Ended
from tests.acceptance.launching import PATIENCE_SECONDS, eventually
from tests.acceptance.typing_in import EXAMPLE, execute, outside
from tests.factories.own_tables import make_own_tables

ROWS = 1200


class Sync:
    """The two files, and the programs of the example beside them."""

    def __init__(self, folder: Path, *, own_tables: bool = True) -> None:
        self.folder = folder
        self.remote, self.local = folder / "remote.sqlite3", folder / "local.sqlite3"
        self.engine = connect(f"sqlite:///{self.local}")
        if own_tables:
            make_own_tables(self.engine)

    def start(self, program: str, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "error", str(EXAMPLE / program), *arguments]
        environment = {**os.environ, "PYTHONUTF8": "1", "RECONCILERY_LOG_DIR": str(self.folder / "logs"), **settings}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, program: str, *arguments: str, **settings: str) -> Ended:
        process = self.start(program, *arguments, **settings)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return Ended(process.returncode, out, err)

    def fill(self) -> None:
        done = self.run("fill.py", "remote.sqlite3", "--rows", str(ROWS))
        assert done.code == 0, done.err

    def work(self, rounds: int) -> str:
        """What the daemon has printed."""
        done = self.run("daemon.py", "remote.sqlite3", "local.sqlite3", "--every", "0.05", "--rounds", str(rounds))
        assert (done.code, done.err) == (0, "")
        return done.out

    def events(self, *types: str) -> list[StoredEvent]:
        """Oldest first."""
        with transaction(self.engine) as connection:
            return find_events(connection, EventFilter(types=types), limit=1000)[::-1]

    def count(self, file: Path, table: str) -> int:
        with closing(sqlite3.connect(file)) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def sync(tmp_path: Path) -> Sync:
    return Sync(tmp_path)


def test_what_the_synchroniser_does_is_told_and_counted(sync: Sync) -> None:
    sync.fill()
    told = sync.work(rounds=2)
    assert sync.count(sync.local, "coin_data") == sync.count(sync.local, "indicator_data") == ROWS
    deleted = 2 * ROWS - sync.count(sync.remote, "coin_data") - sync.count(sync.remote, "indicator_data")
    assert 0 < deleted < 2 * ROWS
    assert "status: healthy" in told
    assert f"synchronised: {2 * ROWS} records, 2 times" in told
    assert f"cleaned up: {deleted} records" in told
    starts, ends = sync.events("sync_start", "cleanup_start"), sync.events("sync_success", "cleanup_success")
    assert len(starts) == len(ends) == 4
    assert sync.events("sync_success")[0].event.details["copied"] == {"coin_data": ROWS, "indicator_data": ROWS}
    assert [found.event.level for found in sync.events("health_check")] == ["info", "info"]
    first, *_, last = [found.event.details["status"] for found in sync.events("service_status")]
    assert (first, last) == ("running", "stopped")
    with transaction(sync.engine) as connection:
        assert all_pulses(connection) == [], "it has said goodbye"


def test_the_migration_is_done_once(sync: Sync) -> None:
    sync.fill()
    sync.work(rounds=1)
    sync.work(rounds=1)
    assert len(sync.events("migration_start")) == len(sync.events("migration_success")) == 1
    with closing(sqlite3.connect(sync.local)) as local:
        day, moment = local.execute("SELECT day, recorded_at FROM coin_data LIMIT 1").fetchone()
    assert moment.startswith(day)


def test_a_remote_database_that_is_not_there_is_a_failure_that_is_told_and_the_daemon_goes_on(sync: Sync) -> None:
    assert "status: unhealthy" in sync.work(rounds=2)
    failures = [found.event for found in sync.events("sync_failure")]
    assert len(failures) == 2
    assert failures[0].level == "error"
    assert "unable to open database file" in failures[0].details["error"]
    assert [found.event.message for found in sync.events("health_check")] == ["failed: synchronisation, cleanup"] * 2


def test_a_table_that_is_missing_is_an_event_of_a_type_of_its_own(sync: Sync) -> None:
    sync.fill()
    with closing(sqlite3.connect(sync.remote)) as remote:
        remote.execute("DROP TABLE indicator_data")
    sync.work(rounds=1)
    (skipped,) = sync.events("table_skipped")
    assert (skipped.event.level, skipped.event.details) == ("warning", {"table": "indicator_data"})
    assert sync.count(sync.local, "coin_data") == ROWS


def test_a_daemon_that_is_asked_to_end_says_goodbye(sync: Sync) -> None:
    sync.fill()
    with sync.start("daemon.py", "remote.sqlite3", "local.sqlite3", "--every", "0.05") as daemon:
        eventually(lambda: len(sync.events("health_check")) > 1)
        daemon.terminate()
        out, err = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert (daemon.returncode, err) == (0, "")
    assert "status: healthy" in out
    assert sync.events("service_status")[-1].event.details["status"] == "stopped"


def test_a_daemon_works_though_nobody_keeps_its_events_and_they_are_kept_later(tmp_path: Path) -> None:
    sync = Sync(tmp_path, own_tables=False)
    sync.fill()
    done = sync.run("daemon.py", "remote.sqlite3", "local.sqlite3", "--rounds", "1")
    assert done.code == 0
    assert "status: nobody can be asked: an own table is missing" in done.out
    assert "they are kept and sent later" in done.err
    assert sync.count(sync.local, "coin_data") == ROWS
    make_own_tables(sync.engine)
    sync.work(rounds=1)
    assert len(sync.events("sync_success")) == 2


TOLD = ["sync_start", "sync_success", "sync_failure", "storage_warning"]


def test_the_callbacks_of_the_example_tell_everybody_of_what_is_theirs(sync: Sync) -> None:
    with outside() as world:
        done = sync.run("monitor_webhook_example.py", **world.settings())
        assert (done.code, done.err) == (0, "")
    assert "succeeded 1 times, failed 1 times" in done.out
    assert [line.split()[3] for line in done.out.splitlines() if line.startswith("20")] == TOLD
    assert [event["event_type"] for posted in world.posted for event in posted["events"]] == TOLD
    grave = ["the remote database does not answer", "the disk is full"]
    assert [text.splitlines()[2] for text in world.texts()] == grave
    assert [taken["text"].splitlines()[2] for taken in world.chats.taken["slack"]] == grave
    (mail,) = world.mail.mails
    assert mail.message["Subject"] == "[critical] datasync: the disk is full"


def test_the_example_ends_well_though_nobody_can_be_reached(sync: Sync) -> None:
    nowhere = "http://127.0.0.1:1/secret-path-0123456789"
    names = ("SLACK_WEBHOOK_URL", "FEISHU_WEBHOOK_URL", "WEBHOOK_URL")
    done = sync.run("monitor_webhook_example.py", **dict.fromkeys(names, nowhere))
    assert done.code == 0
    assert "succeeded 1 times, failed 1 times" in done.out
    assert "_callback raised ConnectionError in monitor_webhook_example.py" in done.err
    assert "4 events were not told: ConnectionError" in done.err
    assert "secret-path" not in done.err


def test_prometheus_gets_the_counters_of_the_example(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    run = "import asyncio, monitor_webhook_example\nasyncio.run(monitor_webhook_example.main())"
    ask = f"import urllib.request\nprint(urllib.request.urlopen('http://127.0.0.1:{port}/metrics').read().decode())"
    done = execute([run, ask], tmp_path, {"PROMETHEUS_PORT": str(port)})
    assert (done.code, done.err) == (0, "")
    counted = done.out[done.out.index("# HELP") :]
    (family,) = (each for each in text_string_to_metric_families(counted) if each.name == "reconcilery_events")
    totals = {sample.labels["type"]: sample.value for sample in family.samples if sample.name.endswith("_total")}
    assert totals == dict.fromkeys(TOLD, 1.0)
