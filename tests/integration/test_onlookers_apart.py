"""Whoever only looks asks the application's database nothing where the ledger is another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from compensation import control
from compensation.engine import work
from consistency.database import connect
from tests.factories.browsing import Browser
from tests.factories.front_door import front_door
from tests.factories.measured import BASE
from tests.factories.own_tables import make_own_tables
from tests.factories.studio import lost_tasks, studio_of
from tests.servers.api import Api
from tests.servers.pausing import Way, way_to

READ = (
    "/",
    "/?range=14d",
    "/alerts",
    "/events",
    "/missing",
    "/runs",
    "/report",
    "/report.json",
    "/metrics",
    f"{BASE}/badge.svg",
    f"{BASE}/health",
    f"{BASE}/alerts",
    f"{BASE}/events",
    f"{BASE}/data-consistency/metrics",
)


@pytest.fixture
def repaired(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Api, Way]]:
    """After a repair, over a way to the application's database that can be frozen; the ledger is a file."""
    store_url, place = f"sqlite:///{tmp_path / 'ledger.sqlite'}", make_url(postgres_url)
    primary, store = connect(postgres_url), connect(store_url)
    studio = studio_of(primary, lost_tasks(5))
    make_own_tables(store)
    studio.resources.store = store
    run = control.start(studio.resources, studio.plan().id, "ann", approved=True)
    work(studio.bench(), run.id)
    for engine in (primary, store):
        engine.dispose()
    with way_to(place.port or 5432) as way:
        through = place.set(host="127.0.0.1", port=way.port).render_as_string(hide_password=False)
        with front_door(through, store_url=store_url, log_dir=tmp_path) as api:
            way.freeze()
            yield api, way


def test_everything_that_is_looked_at_is_there_while_the_application_is_frozen(repaired: tuple[Api, Way]) -> None:
    api, _ = repaired
    for path in READ:
        assert api.get(path).status_code == 200, path


def test_the_repair_is_seen_by_all_of_them(repaired: tuple[Api, Way]) -> None:
    api, _ = repaired
    page = Browser(api).see("/")
    assert "5 of 5" in page.text
    (told,) = api.get("/report.json").json()["repairs"]
    assert (told["state"], told["rows_written"]) == ("succeeded", 5)
    assert 'reconcilery_repair_runs{state="running"} 0.0' in api.get("/metrics").text
