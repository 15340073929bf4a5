"""A worker and beat as they run in production collect what services have sent, without anybody asking for it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consistency.database import connect
from consistency.ledger.own_tables import LEDGER
from consistency.ledger.schema import create_or_upgrade
from monitoring.sending.spool_files import SpoolFile
from monitoring.transports.redis_stream import RedisTransport
from tests.acceptance.command_line import CELERY, Place, ended, working
from tests.acceptance.launching import eventually
from tests.factories.default_app import make_application
from tests.factories.travelling import arrived, ids_of, several


@pytest.fixture
def place(tmp_path: Path, postgres_url: str, redis_url: str) -> Place:
    settings = {"RECONCILERY_DATABASE_URL": postgres_url, "RECONCILERY_REDIS_URL": redis_url}
    return Place(tmp_path, {**settings, "RECONCILERY_LOG_DIR": str(tmp_path / "logs"), "RECONCILERY_TELL_EVERY": "1s"})


@pytest.fixture
def ledger(place: Place, postgres_url: str) -> Iterator[Engine]:
    make_application(postgres_url, [])
    engine = connect(postgres_url)
    create_or_upgrade(engine, LEDGER)
    yield engine
    engine.dispose()


def test_what_services_send_through_redis_or_leave_on_the_disk_arrives(
    place: Place, ledger: Engine, redis_url: str
) -> None:
    file = SpoolFile.new(place.folder / "logs" / "events")
    file.append(several(10))
    file.close()
    transport = RedisTransport(redis_url, "reconcilery:")
    with working(place):
        beat = place.start(*CELERY, "beat", "--schedule", str(place.folder / "beat"))
        try:
            transport.send(several(600, first=10))
            eventually(lambda: set(arrived(ledger)) >= ids_of(several(610)))
        finally:
            stop(beat)
            transport.close()
    assert not file.path.exists()


def test_the_tasks_of_listening_end_well_on_a_worker(place: Place, ledger: Engine) -> None:
    with working(place):
        called = ended(place.start(*CELERY, "call", "monitoring.retain"))
        result = ended(place.start(*CELERY, "result", called.out.strip()))
    assert result.code == 0, result.err
    assert "'verdict': 'deleted 0 old rows'" in result.out


def stop(beat: subprocess.Popen[str]) -> None:
    os.killpg(beat.pid, 15)
    beat.communicate()
