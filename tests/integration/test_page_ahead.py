"""The charts of the overview are there before somebody looks at them."""

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.page.ahead import Ahead, draw_next, known_now
from api.page.courses import Courses, View
from api.services import Services
from consistency.settings import Settings
from tests.factories.browsing import Browser
from tests.factories.front_door import NOBODY
from tests.factories.limiting import eventually
from tests.factories.measured import Measured, measured, statements_on
from tests.factories.own_tables import make_own_tables
from tests.servers.api import answering

RULE = "task-outputs"
CHINESE = {"Accept-Language": "zh"}


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url) as found:
        yield found


def behind(found: Measured) -> tuple[Services, Courses]:
    state = found.api.app.state
    return state.services, state.courses


def drawn_for(found: Measured, path: str, **how: Any) -> list[str]:
    """What the page reads of the course of things, which it does only to draw it."""
    heard = statements_on(behind(found)[0].resources.store)
    Browser(found.api).see(path, **how)
    return [statement for statement in heard if "hour_buckets" in statement]


def test_every_range_is_drawn_in_both_languages_after_a_check(here: Measured) -> None:
    services, courses = behind(here)
    for _ in range(2):
        here.check()
        assert [draw_next(services, courses) for _ in range(4)] == [
            *(View(RULE, back) for back in ("24h", "7d", "14d")),
            None,
        ]
    assert drawn_for(here, "/?range=14d") == []
    assert drawn_for(here, "/", headers=CHINESE) == []
    here.check()
    assert drawn_for(here, "/")


def test_what_was_looked_at_last_is_drawn_first(here: Measured) -> None:
    services, courses = behind(here)
    for back in ("14d", "7d"):
        Browser(here.api).see(f"/?range={back}")
    here.check()
    assert [draw_next(services, courses) for _ in range(3)] == [View(RULE, back) for back in ("7d", "14d", "24h")]


def test_what_was_drawn_beforehand_shows_as_many_charts_as_what_is_drawn_while_one_waits(here: Measured) -> None:
    here.check()
    pages = [Browser(here.api).see("/").answer.text]
    here.check()
    draw_next(*behind(here))
    assert drawn_for(here, "/") == []
    pages.append(Browser(here.api).see("/").answer.text)
    charts = [re.findall(r'<svg[^>]* class="([^"]*)"', page) for page in pages]
    assert charts[0] == charts[1]
    assert len(charts[0]) >= 4


def test_it_goes_on_when_the_own_tables_come_later(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, redis_url=NOBODY)
    with answering(settings) as api, capture_logs() as logs:
        services: Services = api.app.state.services
        courses = Courses(services)
        ahead = Ahead(services, courses, first=0.0, pause=0.01)
        ahead.start()
        eventually(lambda: logs)
        make_own_tables(services.resources.primary)
        eventually(lambda: courses.due(known_now(services)[0]) is None)
        ahead.close()
    assert [log["event"] for log in logs] == ["charts.not_drawn_ahead"]


def test_an_error_that_nobody_expected_is_told_once_and_ends_nothing(here: Measured) -> None:
    services, _ = behind(here)

    class Broken(Courses):
        asked = 0

        def due(self, known: Mapping[str, Hashable]) -> View | None:
            Broken.asked += 1
            raise ZeroDivisionError(f"{len(known)} by zero")

    with capture_logs() as logs:
        ahead = Ahead(services, Broken(services), first=0.0, pause=0.01)
        ahead.start()
        eventually(lambda: Broken.asked > 2)
        ahead.close()
    told = [log for log in logs if log["event"] == "charts.not_drawn_ahead"]
    assert [(log["reason"], log["exc_info"]) for log in told] == [("1 by zero", True)]
