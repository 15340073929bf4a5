"""Fixtures for all tests: private servers, a fresh database for each test, a clean environment, no outside world."""

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.databases import fresh_database
from tests.servers.mariadb import mariadb
from tests.servers.missing import in_ci
from tests.servers.network import only_this_machine
from tests.servers.postgres import postgres
from tests.servers.redis import empty_redis
from tests.servers.redis import redis_server as private_redis_server

pytest_plugins = ("tests.standstill",)
RINGS = ("unit", "integration", "acceptance")
PRODUCT_NAMES = ("RECONCILERY_", "RUNNINGHUB_", "FLOWER_", "CELERY_")
OTHER_NAMES = {"LOG_LEVEL", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REMAP_SIGTERM"}
GIVEN_SERVERS = {name: os.environ.get(f"RECONCILERY_TEST_{name}_URL") for name in ("POSTGRES", "MARIADB", "REDIS")}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run the long fault and load runs")


# A property may take long on a busy machine; how long is no part of what it states.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_configure() -> None:
    """What a developer has set for the product must not reach the tests, nor the processes that they start."""
    for name in list(os.environ):
        if name.startswith(PRODUCT_NAMES) or name.upper() in OTHER_NAMES:
            del os.environ[name]
    # A shell starts what it puts into the background deaf to Ctrl-C, which programs hand on to those that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Nor must a reconcilery.toml that lies in the working directory.
    os.environ["RECONCILERY_CONFIG"] = os.devnull


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks every test with the ring of its folder; leaves the long runs out unless they are asked for."""
    for item in items:
        ring = item.path.relative_to(Path(__file__).parent).parts[0]
        assert ring in RINGS, f"{item.path}: tests live in one of {RINGS}"
        item.add_marker(ring)
    if not config.getoption("--full"):
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In continuous integration a skipped test is a failed one: it would hide what was not tested."""
    report = yield
    if report.skipped and in_ci():
        report.outcome = "failed"
    return report


@pytest.fixture(autouse=True, scope="session")
def _no_outside_world() -> Iterator[None]:
    with only_this_machine():
        yield


@pytest.fixture(scope="session")
def thoroughness(pytestconfig: pytest.Config) -> int:
    """How many times as many random cases as usual: as many as one waits for, or those of a long run."""
    return 5 if pytestconfig.getoption("--full") else 1


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """SQLAlchemy URL of a PostgreSQL on which the tests may create databases."""
    with _given("POSTGRES") or postgres() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """SQLAlchemy URL of a MariaDB on which the tests may create databases."""
    with _given("MARIADB") or mariadb() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """URL of a Redis without the database's number."""
    with _given("REDIS") or private_redis_server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    with fresh_database(postgres_server, os.getpid()) as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """A fresh, empty MariaDB database."""
    with fresh_database(mariadb_server, os.getpid()) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'database.sqlite'}"


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, empty database of each kind in turn."""
    fixture = {"postgresql": "postgres_url", "mariadb": "mariadb_url", "sqlite": "sqlite_url"}[request.param]
    return str(request.getfixturevalue(fixture))


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """An empty numbered database of the test Redis."""
    with empty_redis(redis_server) as url:
        yield url


def _given(name: str) -> AbstractContextManager[str] | None:
    url = GIVEN_SERVERS[name]
    return nullcontext(url) if url else None
