"""While a database says nothing, the page says so in time, and shows what it can."""

import pytest
from sqlalchemy import make_url

from consistency.database import connect
from tests.factories.browsing import Browser, assert_self_contained
from tests.factories.front_door import front_door
from tests.factories.own_tables import make_own_tables
from tests.servers.pausing import way_to


@pytest.fixture(params=["postgres_url", pytest.param("mariadb_url", marks=pytest.mark.full)])
def server_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def led(server_url: str, port: int) -> str:
    return make_url(server_url).set(port=port).render_as_string(hide_password=False)


def test_a_frozen_database_is_told_on_a_page(server_url: str) -> None:
    with way_to(make_url(server_url).port or 0) as way, front_door(led(server_url, way.port)) as api:
        browser = Browser(api)
        browser.see("/")
        way.freeze()
        for path in ("/", "/alerts"):
            page = browser.see(path, 503)
            assert "This cannot be shown or done now" in page.text
            assert_self_contained(page)
        way.thaw()


def test_the_page_is_whole_also_while_the_database_of_the_application_is_frozen(
    server_url: str, sqlite_url: str
) -> None:
    store = connect(sqlite_url)
    make_own_tables(store)
    store.dispose()
    port = make_url(server_url).port or 0
    with way_to(port) as way, front_door(led(server_url, way.port), store_url=sqlite_url) as api:
        browser = Browser(api)
        browser.see("/")
        way.freeze()
        page = browser.see("/?range=7d")
        assert "no check has ended yet" in page.text
        assert "none yet" in page.text
        assert "This cannot be shown now" not in page.text
        way.thaw()
