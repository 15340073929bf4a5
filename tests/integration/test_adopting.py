"""What dead processes have left on the disk comes into the ledger, and what the living hold does not."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consistency.events import EventLevel, WrittenEvent
from consistency.resources import Resources
from consistency.settings import Settings
from monitoring.collecting import collect
from monitoring.emitting.places import FOLDER
from monitoring.sending import adopting
from monitoring.sending.spool_files import SpoolFile, files_left_behind
from monitoring.transports.ledger import LedgerTransport
from monitoring.transports.redis_stream import RedisTransport
from monitoring.transports.transport import Unreachable
from tests.factories.own_tables import make_own_tables
from tests.factories.travelling import arrived, ids_of, several

SOON, AT_ONCE = 3600.0, 0.0


def adopt(resources: Resources, seconds: float) -> int:
    """How many events came into the ledger."""
    way = LedgerTransport(resources.store, EventLevel.WARNING)
    return adopting.adopt(resources.settings.log_dir / FOLDER, way, seconds)["adopted"]


@pytest.fixture
def resources(sqlite: Engine, tmp_path: Path) -> Resources:
    make_own_tables(sqlite)
    return Resources(Settings(log_dir=tmp_path), sqlite, sqlite, sqlite)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "events"


def leave(folder: Path, events: list[WrittenEvent], rest: bytes = b"") -> Path:
    """A file as a process leaves it that dies."""
    file = SpoolFile.new(folder)
    file.append(events)
    file.close()
    with file.path.open("ab") as opened:
        opened.write(rest)
    return file.path


@pytest.fixture
def alive(folder: Path) -> Iterator[SpoolFile]:
    file = SpoolFile.new(folder)
    yield file
    file.close()


def test_what_is_left_behind_is_stored_and_the_files_go(resources: Resources, folder: Path) -> None:
    leave(folder, several(1200))
    leave(folder, several(300, first=1000))
    assert adopt(resources, SOON) == 1500
    assert set(arrived(resources.store)) == ids_of(several(1300))
    assert list(folder.iterdir()) == []


def test_a_file_that_somebody_holds_stays(resources: Resources, folder: Path, alive: SpoolFile) -> None:
    alive.append(several(3))
    assert adopt(resources, SOON) == 0
    assert alive.path.exists()


def test_a_torn_last_line_is_skipped(resources: Resources, folder: Path) -> None:
    leave(folder, several(3), rest=b'evt-9 {"timestamp":"2025')
    assert adopt(resources, SOON) == 3
    assert list(folder.iterdir()) == []


def test_what_is_no_event_is_laid_aside(resources: Resources, folder: Path) -> None:
    leave(folder, [*several(2), WrittenEvent("odd", b'{"level":"loud"}')])
    assert adopt(resources, SOON) == 2
    assert [path.name for path in folder.iterdir()] == ["refused.jsonl"]
    assert b"odd" in (folder / "refused.jsonl").read_bytes()


def test_a_turn_ends_with_a_whole_file(resources: Resources, folder: Path) -> None:
    leave(folder, several(1200))
    leave(folder, several(5, first=2000))
    assert [adopt(resources, AT_ONCE) for _ in range(3)] == [1200, 5, 0]


def test_without_the_ledger_the_files_stay_for_the_next_turn(sqlite: Engine, tmp_path: Path, folder: Path) -> None:
    path = leave(folder, several(3))
    resources = Resources(Settings(log_dir=tmp_path), sqlite, sqlite, sqlite)
    with pytest.raises(Unreachable):
        adopt(resources, SOON)
    assert path.exists()
    make_own_tables(sqlite)
    assert adopt(resources, SOON) == 3


def test_a_folder_that_is_not_there_or_may_not_be_read_is_no_trouble(resources: Resources, folder: Path) -> None:
    assert adopt(resources, SOON) == 0
    (folder / "00-strange.spool").mkdir(parents=True)
    os.mkfifo(folder / "01-pipe.spool")
    assert adopt(resources, SOON) == 0
    assert list(files_left_behind(folder)) == []


def test_a_worker_does_it_in_each_turn(resources: Resources, folder: Path, redis_url: str) -> None:
    leave(folder, several(3))
    settings = resources.settings.model_copy(update={"redis_url": redis_url})
    done = collect(Resources(settings, resources.primary, resources.read, resources.store))
    assert done == {"collected": 0, "adopted": 3, "refused": 0}


def test_a_folder_that_cannot_be_written_keeps_nobody_from_collecting(
    resources: Resources, folder: Path, redis_url: str
) -> None:
    leave(folder, [WrittenEvent("odd", b'{"level":"loud"}')])
    (folder / "refused.jsonl").mkdir()
    settings = resources.settings.model_copy(update={"redis_url": redis_url})
    transport = RedisTransport(redis_url, settings.key_prefix)
    transport.send(several(2))
    transport.close()
    done = collect(Resources(settings, resources.primary, resources.read, resources.store))
    assert done == {"collected": 2, "adopted": 0, "refused": 0}
    assert len(list(folder.glob("*.spool"))) == 1
