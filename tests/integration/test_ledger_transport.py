"""Straight into the ledger: each event once, whoever brings it how often; what no database takes keeps nobody back."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from consistency.database import connect, transaction
from consistency.events import EventLevel, WrittenEvent
from consistency.ledger.pulses import all_pulses
from consistency.settings import Settings
from monitoring.transports.choosing import open_transport
from monitoring.transports.ledger import LedgerTransport
from monitoring.transports.transport import Unreachable
from tests.factories.own_tables import make_own_tables
from tests.factories.travelling import arrived, ids_of, on_its_way, several, to_be_told

SETTINGS = Settings()


@pytest.fixture
def ledger(engine: Engine) -> Engine:
    make_own_tables(engine)
    return engine


def transport_to(engine: Engine) -> LedgerTransport:
    return LedgerTransport(engine, EventLevel.WARNING)


def test_a_batch_that_comes_again_is_kept_once_and_byte_for_byte(ledger: Engine) -> None:
    batch = several(700)
    transport = transport_to(ledger)
    assert transport.send(batch) == ()
    assert transport.send(batch[300:] + several(100, first=700)) == ()
    assert arrived(ledger) == {each.id: each.body.decode() for each in several(800)}


def test_people_are_told_from_the_level_on_that_is_set(ledger: Engine) -> None:
    levels = [on_its_way(number, level=level) for number, level in enumerate(EventLevel)]
    transport_to(ledger).send(levels)
    assert to_be_told(ledger) == {"evt-1", "evt-2", "evt-3"}


def test_an_event_that_no_database_takes_is_refused_and_keeps_no_other_back(ledger: Engine) -> None:
    batch = several(40)
    batch[7] = WrittenEvent("torn", b'{"timestamp": "2025-')
    batch[31] = WrittenEvent("timeless", b'{"event_type":"sync_start","level":"info","timestamp":"noon"}')
    batch[32] = WrittenEvent("x" * 65, on_its_way().body)
    refused = transport_to(ledger).send(batch)
    names = {each.event.id for each in refused}
    assert {"torn", "timeless"} <= names
    assert all(each.reason for each in refused)
    # SQLite alone keeps an id that is longer than its column.
    assert set(arrived(ledger)) == ids_of(batch) - names
    assert names - {"torn", "timeless"} <= {"x" * 65}


def test_odd_numbers_and_names_of_operations_are_no_hindrance(ledger: Engine) -> None:
    odd = [
        on_its_way(1, metrics={"duration_seconds": 10**400, "records_synced": -1}),
        on_its_way(2, details={"operation_id": "a\0b", "duration": 1e300, "records": 2**63}),
        on_its_way(3, details={"operation_id": "同步" * 200}, message="\0😀"),
    ]
    assert transport_to(ledger).send(odd) == ()
    assert len(arrived(ledger)) == 3


def test_writers_of_the_same_events_wait_for_each_other_and_lose_none(ledger: Engine) -> None:
    batches = [several(60, first=first) for first in (0, 30, 60, 0)]
    with ThreadPoolExecutor(len(batches)) as pool:
        refused = list(
            pool.map(transport_to(ledger).send, [batch[::-1] if at % 2 else batch for at, batch in enumerate(batches)])
        )
    assert refused == [()] * 4
    assert set(arrived(ledger)) == ids_of(several(120))


def test_a_promise_to_be_heard_again_is_noted(ledger: Engine) -> None:
    details = {"heartbeat_seconds": 30, "status": "running", "instance": "host:1"}
    transport_to(ledger).send([on_its_way(event_type="service_status", details=details)])
    with transaction(ledger) as connection:
        assert [(pulse.service, pulse.instance) for pulse in all_pulses(connection)] == [("datasync", "host:1")]


def test_without_the_own_tables_events_wait(engine: Engine) -> None:
    with pytest.raises(Unreachable, match="reconcilery init"):
        transport_to(engine).send(several(2))


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://u:secret@127.0.0.1:1/shop", "mysql+pymysql://u:secret@127.0.0.1:1/shop"]
)
def test_a_database_that_is_away_makes_events_wait_and_shows_no_password(url: str) -> None:
    transport = transport_to(connect(url))
    with pytest.raises(Unreachable) as caught:
        transport.send(several(2))
    assert "secret" not in f"{caught.value} {transport.name}"
    transport.close()


def test_a_file_that_is_no_database_makes_events_wait(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is text, and more of it than a header has " * 40)
    with pytest.raises(Unreachable):
        transport_to(connect(f"sqlite:///{tmp_path / 'text.db'}")).send(several(1))


def test_the_services_own_database_is_reached_by_connections_of_our_own(postgres: Engine, postgres_url: str) -> None:
    make_own_tables(postgres)
    url = make_url(postgres_url)
    # The password stands in no address, and the service's only connection is in use.
    theirs = create_engine(
        url.set(password=None), connect_args={"password": url.password}, pool_size=1, max_overflow=0, pool_timeout=1
    )
    with theirs.connect() as held:
        transport = open_transport(SETTINGS, theirs)
        assert transport is not None
        assert transport.send(several(3)) == ()
        transport.close()
        assert held.exec_driver_sql("SELECT 1").scalar() == 1
    theirs.dispose()
    assert len(arrived(postgres)) == 3


def test_a_service_that_commits_by_itself_gets_whole_batches_all_the_same(mariadb: Engine, mariadb_url: str) -> None:
    make_own_tables(mariadb)
    theirs = create_engine(mariadb_url, isolation_level="AUTOCOMMIT")
    transport = open_transport(SETTINGS, theirs)
    assert transport is not None
    promise = {"heartbeat_seconds": 30, "instance": "host:1"}
    assert transport.send([*several(3), on_its_way(9, event_type="service_status", details=promise)]) == ()
    transport.close()
    theirs.dispose()
    assert len(arrived(mariadb)) == 4


def test_what_is_set_comes_before_what_the_program_hands_over(sqlite: Engine, sqlite_url: str, tmp_path: Path) -> None:
    make_own_tables(sqlite)
    transport = open_transport(Settings(store_url=sqlite_url), f"sqlite:///{tmp_path / 'other.db'}")
    assert transport is not None
    transport.send(several(1))
    transport.close()
    assert len(arrived(sqlite)) == 1


def test_without_any_place_there_is_no_way_out() -> None:
    assert open_transport(SETTINGS) is None
