"""`reconcilery events tail --follow` as a process: it shows what comes in, outlasts an outage, ends with Ctrl-C."""

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from consistency.database import connect
from tests.acceptance.command_line import PROGRAM, Place
from tests.acceptance.launching import PATIENCE_SECONDS, eventually
from tests.factories.listening import keep
from tests.factories.own_tables import make_own_tables


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Engine]:
    engine = connect(postgres_url)
    make_own_tables(engine)
    yield engine
    engine.dispose()


class Tail:
    """The running command; its lines are read as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._said: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            threading.Thread(target=_read, args=(process.stdout, self._lines.put), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, self._said.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def next_message(self) -> str:
        """That of the next event on stdout."""
        return str(json.loads(self._lines.get(timeout=PATIENCE_SECONDS))["message"])

    def said(self) -> str:
        """What stands on stderr."""
        return "".join(self._said)

    def end(self) -> tuple[int, str]:
        """Ctrl-C: exit code and stderr."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_SECONDS)
        for reader in self._readers:
            reader.join(PATIENCE_SECONDS)
        return code, self.said()


def _read(stream: Iterable[str], keep: Callable[[str], object]) -> None:
    for line in stream:
        keep(line)


@contextmanager
def tail(ledger: Engine, folder: Path) -> Iterator[Tail]:
    place = Place(
        folder,
        {
            "RECONCILERY_DATABASE_URL": ledger.url.render_as_string(hide_password=False),
            "RECONCILERY_LOG_DIR": str(folder / "logs"),
        },
    )
    with place.start(*PROGRAM, "events", "tail", "--follow", "--json", "-n", "1") as process:
        try:
            yield Tail(process)
        finally:
            process.kill()


def test_what_comes_in_is_shown_at_once_and_ctrl_c_ends_it(ledger: Engine, tmp_path: Path) -> None:
    keep(ledger, {"message": "older", "minutes": 9}, {"message": "newest"})
    with tail(ledger, tmp_path) as running:
        assert running.next_message() == "newest"
        for number in range(3):
            keep(ledger, {"id": f"new-{number}", "message": f"came {number}"})
            assert running.next_message() == f"came {number}"
        assert running.end() == (130, "Interrupted\n")


@contextmanager
def closed(url: str) -> Iterator[None]:
    """The database lets nobody in for the time of the block, and throws out who is there."""
    name = make_url(url).database
    server = connect(make_url(url).set(database="postgres").render_as_string(hide_password=False))
    outside = server.execution_options(isolation_level="AUTOCOMMIT")

    def say(statement: str) -> None:
        with outside.connect() as connection:
            connection.execute(text(statement))

    say(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        yield
    finally:
        say(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        server.dispose()


def test_an_outage_of_the_ledger_is_told_once_and_waited_out(ledger: Engine, postgres_url: str, tmp_path: Path) -> None:
    keep(ledger, {"message": "first"})
    with tail(ledger, tmp_path) as running:
        assert running.next_message() == "first"
        with closed(postgres_url):
            eventually(lambda: "trying again" in running.said())
        keep(ledger, {"id": "later", "message": "after it"})
        assert running.next_message() == "after it"
        code, said = running.end()
    assert code == 130
    assert [line.split(": ")[0] for line in said.splitlines()] == ["Note", "Note", "Interrupted"]
