"""The ways in which whoever works on a repair loses its claim, and how long tests wait for another thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine, text, update

from compensation import control
from compensation.batches.claims import claim_batch
from compensation.undo import rolling_back
from consistency.ledger.repair_tables import repair_batches
from tests.factories.studio import Studio

PATIENCE_SECONDS = 30.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'",
    "mysql": "SELECT variable_value FROM information_schema.global_status"
    " WHERE variable_name = 'Innodb_row_lock_current_waits'",
}


def end_leases(studio: Studio, run_id: str) -> None:
    """As if whoever holds a batch had been silent for too long."""
    ending = update(repair_batches).where(repair_batches.c.run_id == run_id, repair_batches.c.state == "working")
    with studio.resources.primary.begin() as connection:
        connection.execute(ending.values(lease_until=LONG_AGO))


def take_over(studio: Studio, run_id: str) -> None:
    """The lease runs out, and somebody else claims the tasks."""
    end_leases(studio, run_id)
    assert claim_batch(studio.resources.primary, run_id, "somebody else", studio.resources.settings.lease)


def pause(studio: Studio, run_id: str) -> None:
    control.pause(studio.resources, run_id, "ann")


def cancel(studio: Studio, run_id: str) -> None:
    control.cancel(studio.resources, run_id, "ann")


def roll_back(studio: Studio, run_id: str) -> None:
    control.pause(studio.resources, run_id, "ann")
    rolling_back.begin(studio.resources, run_id, "ann")
    rolling_back.roll_back(studio.resources, studio.resources.rule("task-outputs"), run_id)


TAKERS: tuple[Callable[[Studio, str], None], ...] = (take_over, pause, cancel, roll_back)


def until(question: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not question():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def until_somebody_waits(engine: Engine, number: int = 1) -> None:
    """Wait until so many statements wait for a lock; SQLite does not tell, there the order is left to chance."""
    counting = _WAITING.get(engine.dialect.name.replace("mariadb", "mysql"))
    if counting is None:
        return

    def waiting() -> bool:
        with engine.connect() as connection:
            return int(connection.scalar(text(counting)) or 0) >= number

    until(waiting)


class Thread(threading.Thread):
    """A thread whose error is kept."""

    error: BaseException | None = None

    def __init__(self, job: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._job = job

    def run(self) -> None:
        try:
            self._job()
        except BaseException as error:  # noqa: BLE001 - the test asks for it
            self.error = error

    def ended(self) -> BaseException | None:
        """The error of the thread when it has ended, or None."""
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive(), "the thread did not end in time"
        return self.error


@contextmanager
def meanwhile(*jobs: Callable[[], object]) -> Iterator[list[Thread]]:
    """Run the jobs in threads for the time of the block, which ends when they have, all without an error."""
    threads = [Thread(job) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        errors = [error for thread in threads if (error := thread.ended())]
    if errors:
        raise errors[0]
