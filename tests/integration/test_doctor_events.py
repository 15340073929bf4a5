"""The doctor looks whether events would be taken from here, and what waits on this machine's disk."""

from pathlib import Path
from typing import Any

import pytest

from cli import doctor_events
from cli.diagnosis import Diagnosis, State
from cli.doctor_events import examine_events
from consistency.database import connect
from consistency.settings import Settings
from monitoring.sending.refused import keep_refused
from monitoring.sending.spool_files import SpoolFile
from monitoring.transports.redis_stream import RedisTransport
from monitoring.transports.transport import Refused
from tests.factories.own_tables import make_own_tables
from tests.factories.travelling import on_its_way, several
from tests.servers.event_api import listening
from tests.servers.talking import Response

TOKEN = "token-0123456789"


def examined(tmp_path: Path, **settings: Any) -> dict[str, Diagnosis]:
    found = examine_events(Settings.model_validate({"log_dir": tmp_path, **settings}))
    return {each.check: each for each in found}


def test_an_interface_that_takes_events_is_asked_without_sending_any(tmp_path: Path) -> None:
    with listening(TOKEN) as api:
        found = examined(tmp_path, events_url=api.url, events_token=TOKEN)["events"]
        api.answers.append(Response(422))
        assert examined(tmp_path, events_url=api.url, events_token=TOKEN)["events"].state is State.OK
        assert api.kept == {}
    assert (found.state, found.message) == (State.OK, f"go to the HTTP API at {api.url.removeprefix('http://')}")


def test_an_interface_that_takes_none_is_told_with_what_mends_it(tmp_path: Path) -> None:
    with listening(TOKEN) as api:
        found = examined(tmp_path, events_url=api.url, events_token="wrong-0123456789")["events"]
    assert found.state is State.FAIL
    assert "RECONCILERY_EVENTS_TOKEN" in found.message
    assert "wrong" not in f"{found.message} {found.fix}"
    assert "RECONCILERY_EVENTS_URL" in found.fix


def test_what_no_worker_collects_is_told(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = RedisTransport(redis_url, "reconcilery:")
    transport.send(several(3))
    transport.close()
    found = examined(tmp_path, events_url=redis_url)["events"]
    assert found.state is State.OK
    assert "where 3 wait to be collected" in found.message
    monkeypatch.setattr(doctor_events, "MANY", 2)
    found = examined(tmp_path, events_url=redis_url)["events"]
    assert found.state is State.WARN
    assert "celery" in found.fix


def test_a_redis_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    found = examined(tmp_path, events_url="redis://:sesame@127.0.0.1:1/0")["events"]
    assert found.state is State.FAIL
    assert "sesame" not in found.message


def test_the_own_tables_are_named_where_nothing_else_is_set(tmp_path: Path, database_url: str) -> None:
    engine = connect(database_url)
    make_own_tables(engine)
    engine.dispose()
    found = examined(tmp_path, database_url=database_url)["events"]
    assert found.state is State.OK
    assert found.message.startswith("go to the own tables in ")
    assert examined(tmp_path)["events"].state is State.WARN


def test_own_tables_that_are_not_there_take_no_events(tmp_path: Path, database_url: str) -> None:
    found = examined(tmp_path, database_url=database_url)["events"]
    assert found.state is State.FAIL
    assert "are not there yet; run `reconcilery init` once" in found.message


def test_a_database_that_is_away_takes_no_events(tmp_path: Path) -> None:
    found = examined(tmp_path, database_url="postgresql://me:sesame@127.0.0.1:1/shop")["events"]
    assert found.state is State.FAIL
    assert "127.0.0.1:1/shop is not available" in found.message
    assert "sesame" not in f"{found}"
    assert "events wait on disk meanwhile" in found.fix


def test_what_waits_on_disk_and_what_was_refused_is_told(tmp_path: Path) -> None:
    assert examined(tmp_path)["events on disk"].message == "none waits to be sent"
    file = SpoolFile.new(tmp_path / "events")
    file.append(several(3))
    file.close()
    found = examined(tmp_path)["events on disk"]
    assert (found.state, found.message) == (State.OK, f"{file.size} bytes in 1 files wait to be sent")
    keep_refused(tmp_path / "events", [Refused(on_its_way(), "is odd")])
    found = examined(tmp_path)["events on disk"]
    assert found.state is State.WARN
    assert str(tmp_path / "events" / "refused.jsonl") in found.message
