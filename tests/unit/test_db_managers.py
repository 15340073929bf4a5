"""Whatever services call their database manager, the database is found, and reached by connections of our own."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from sqlalchemy import Engine, StaticPool, create_engine, make_url
from sqlalchemy.orm import Session

from monitoring.transports.db_managers import engine_of


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def theirs(address: str) -> Iterator[Engine]:
    engine = create_engine(address)
    yield engine
    engine.dispose()


class Manager:
    """A manager as many write it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get_engine(self) -> Engine:
        return self._engine


class Unready:
    """A manager whose engine is only there within an application; its address always is."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def engine(self) -> Engine:
        raise RuntimeError("working outside of application context")

    async def get_engine(self) -> None:
        """Waited for by nobody."""


def of(manager: object) -> str | None:
    """The address that is found."""
    engine = engine_of(manager)
    if engine is None:
        return None
    engine.dispose()
    return engine.url.render_as_string(hide_password=False)


def test_an_engine_and_what_holds_one_lead_to_its_database(theirs: Engine, address: str) -> None:
    with Session(theirs) as session:
        managers: list[object] = [
            theirs,
            Manager(theirs),
            SimpleNamespace(engine=theirs),
            SimpleNamespace(sync_engine=theirs),
            SimpleNamespace(db=None, engine=SimpleNamespace(sync_engine=theirs)),
            session,
            Unready(address),
        ]
        assert [of(manager) for manager in managers] == [address] * len(managers)


def test_an_address_does_as_well(address: str) -> None:
    assert [of(each) for each in (address, make_url(address), SimpleNamespace(database_url=address))] == [address] * 3


#: What is written for other drivers, and how ours is asked.
DRIVERS = {
    "sqlite+aiosqlite:///shop.db": "sqlite:///shop.db",
    "postgresql://u:p@db/shop": "postgresql+psycopg://u:p@db/shop",
    "postgresql+asyncpg://u:p@db/shop?ssl=verify-full&prepared_statement_cache_size=0": (
        "postgresql+psycopg://u:p@db/shop?sslmode=verify-full"
    ),
    "postgresql+asyncpg://u:p@db/shop?ssl=true": "postgresql+psycopg://u:p@db/shop?sslmode=require",
    "postgresql+psycopg_async://u:p@db/shop": "postgresql+psycopg://u:p@db/shop",
    "postgresql+psycopg2://u:p%40@db/shop?options=-csearch_path%3Down": (
        "postgresql+psycopg://u:p%40@db/shop?options=-csearch_path%3Down"
    ),
    "mysql+aiomysql://u:p@db/shop?charset=utf8mb4&minsize=1": "mysql+pymysql://u:p@db/shop?charset=utf8mb4",
    "mariadb+asyncmy://u:p@db/shop": "mysql+pymysql://u:p@db/shop",
}


@pytest.mark.parametrize(("written", "asked"), DRIVERS.items(), ids=lambda value: value.partition(":")[0])
def test_addresses_for_other_drivers_are_asked_through_ours(written: str, asked: str) -> None:
    assert of(written) == asked


def test_an_asynchronous_engine_of_our_own_driver_is_asked_by_a_plain_one() -> None:
    theirs = create_engine("postgresql+psycopg_async://u:p@db/shop")
    assert theirs.dialect.is_async
    engine = engine_of(SimpleNamespace(sync_engine=theirs))
    assert engine is not None
    assert not engine.dialect.is_async
    assert engine.url == make_url("postgresql+psycopg://u:p@db/shop")
    engine.dispose()


NOTHING: list[Any] = [
    object(),
    42,
    "no address",
    "redis://127.0.0.1:6379/0",
    "oracle://u:p@db/shop",
    "sqlite://",
    SimpleNamespace(engine="postgresql", url="https://shop.example"),
    MagicMock(),
]


@pytest.mark.parametrize("thing", NOTHING, ids=lambda value: type(value).__name__)
def test_what_leads_to_no_database_is_said_once(thing: object, caplog: pytest.LogCaptureFixture) -> None:
    assert engine_of(thing) is None
    (record,) = caplog.records
    assert "no database is found" in record.getMessage()
    assert "RECONCILERY_EVENTS_URL" in record.getMessage()


def test_a_database_in_memory_is_nobodys_but_its_owners(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    assert engine_of(engine) is None
    engine.dispose()
    assert "no database is found" in caplog.text


def test_no_manager_is_no_reason_for_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert engine_of(None) is None
    assert caplog.records == []
