"""The whole product over a small application of the test's own: database, Redis, server, worker, and beat if wanted."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from consistency.database import connect
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.schema import create_or_upgrade
from tests.acceptance.command_line import CELERY, Place, working
from tests.acceptance.launching import ROOT
from tests.acceptance.served import Served, served
from tests.factories.default_app import AppTask, make_application


@dataclass(frozen=True)
class Stage:
    """Where it runs, what answers there, and its database."""

    place: Place
    server: Served
    engine: Engine


@contextmanager
def stage(folder: Path, database_url: str, redis_url: str, rows: Sequence[AppTask], **settings: str) -> Iterator[Stage]:
    """All but beat, over these tasks; `settings` by the names that they have in the environment."""
    make_application(database_url, rows)
    engine = connect(database_url)
    create_or_upgrade(engine, LEDGER)
    create_or_upgrade(engine, REPAIRS)
    places = {"RECONCILERY_DATABASE_URL": database_url, "RECONCILERY_REDIS_URL": redis_url}
    place = Place(folder, {**places, "RECONCILERY_LOG_DIR": str(folder / "logs"), **settings})
    try:
        with working(place), served(folder, place.settings) as server:
            yield Stage(place, server, engine)
    finally:
        engine.dispose()


@contextmanager
def beating(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    """Beat of that place; it may end before the block does."""
    with (place.folder / "beat.log").open("wb") as words:
        beat = subprocess.Popen(
            (*CELERY, "beat", f"--schedule={place.folder / 'beat'}"),
            cwd=place.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **place.settings},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield beat
    finally:
        if beat.poll() is None:
            os.killpg(beat.pid, signal.SIGKILL)
        beat.wait()
