"""What is wrong before a worker or beat has begun ends it, and what fails afterwards is among the errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.command_line import CELERY, Ended, Place
from tests.acceptance.launching import eventually

NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/nothing"


def ended(place: Place, *command: str) -> Ended:
    process = place.start(*CELERY, *command)
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err)


@pytest.fixture
def place(tmp_path: Path, redis_url: str) -> Place:
    return Place(tmp_path, {"RECONCILERY_REDIS_URL": redis_url, "RECONCILERY_LOG_DIR": str(tmp_path / "logs")})


def test_a_worker_without_a_database_ends_with_one_line(place: Place) -> None:
    done = ended(place, "worker", "--pool=solo")
    assert (done.code, done.err.splitlines()[-1].split(";")[0]) == (2, "Error: database_url: no database is configured")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_a_log_folder_that_cannot_be_written_ends_a_process_with_one_line(place: Place, kind: str) -> None:
    (place.folder / "file").touch()
    settings = {"RECONCILERY_LOG_DIR": str(place.folder / "file" / "logs"), "RECONCILERY_DATABASE_URL": NOWHERE}
    done = ended(place.changed(**settings), kind)
    assert done.code == 2
    assert "log_dir: " in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


@contextmanager
def worker_of(place: Place) -> Iterator[None]:
    process = place.start(*CELERY, "worker", "--pool=solo", "--loglevel=WARNING")
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_what_tasks_and_workers_could_not_do_is_among_the_errors(place: Place) -> None:
    nowhere = place.changed(RECONCILERY_DATABASE_URL=NOWHERE)
    with worker_of(nowhere):
        assert eventually(lambda: errors_of(place).count("database.not_ready"))
        for name in ("monitor_tasks.quick_check", "compensation.compensate"):
            assert ended(nowhere, "call", name).code == 0
        assert eventually(lambda: errors_of(place).count("task.failed") == 2)
    assert "secret" not in errors_of(place)


def errors_of(place: Place) -> str:
    """All that stands in the files of errors."""
    return "".join(path.read_text() for path in (place.folder / "logs" / "errors").glob("*.log"))
