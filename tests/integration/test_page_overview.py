"""The page that is seen first: what it says of each state of things, in both languages, and what it costs."""

import html
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from api.page.static_files import static_files
from consistency.events import EventLevel
from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType
from notifiers.alerts.ingest import ingest
from tests.factories.browsing import PAGES, Browser, assert_self_contained
from tests.factories.front_door import EVENTS, an_event, front_door
from tests.factories.measured import Measured, measured, statements_on
from tests.factories.observing import seen

MOST_BYTES = 100_000
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


@pytest.fixture
def everywhere(database_url: str) -> Iterator[Measured]:
    with measured(database_url) as found:
        yield found


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url) as found:
        yield found


def test_before_any_check_it_says_so_and_what_to_do(everywhere: Measured) -> None:
    page = Browser(everywhere.api).see("/")
    assert "no check has ended yet" in page.text
    assert "reconcilery check full" in page.text
    assert "/static/unhealthy.svg?" in page.answer.text  # nor does Redis answer
    assert "Unhealthy: Redis does not answer" in page.title


def test_it_says_in_words_how_many_tasks_have_their_output(everywhere: Measured) -> None:
    everywhere.check()
    page = Browser(everywhere.api).see("/")
    assert "75.0 % of the last hour's successful tasks have their output" in page.text
    assert "10 of 40 tasks lack it (95 % certain: 59.8 % to 85.8 % have it)." in page.text
    assert "Preview the repair of 10 tasks" in page.text
    assert {"/repairs", "/runs", "/preferences"} <= page.actions()
    chinese = Browser(everywhere.api).see("/", headers=CHINESE)
    assert "最近一小时成功的任务中，75.0 % 有输出" in chinese.text  # noqa: RUF001 - a Chinese comma
    assert '<html lang="zh-Hans"' in chinese.answer.text


def test_it_says_for_whom_outputs_are_missing(database_url: str) -> None:
    rule = DEFAULT_RULE.model_copy(update={"segments": ("workflow",)})
    with measured(database_url, rules=(rule.model_dump(),)) as place:
        run = place.check()
        browser = Browser(place.api)
        for path in ("/", f"/runs/{run.id}"):
            assert "10 of 10 are workflow w0." in browser.see(path).text
            assert "10 个中有 10 个的 workflow 为 w0。" in browser.see(path, headers=CHINESE).text


def test_a_check_that_is_overdue_is_never_shown_as_healthy(here: Measured) -> None:
    run = here.check()
    here.grow_older(run, timedelta(hours=2))
    page = Browser(here.api).see("/")
    assert "the last quick check of task-outputs ended" in page.text
    assert "one is due every 15 min" in page.text
    assert page.text.index("the last quick check of") < page.text.index("What that check saw: 10 of 40")
    assert "✔" not in page.title
    assert "healthy.svg" not in page.answer.text.replace("unhealthy.svg", "")


def test_an_alert_is_shown_with_since_when_and_who_was_told(here: Measured) -> None:
    here.check()
    now = here.now()
    with here.resources.store.begin() as connection:
        ingest(connection, here.resources.settings, [seen("h", now - timedelta(minutes=20), rule="task-outputs")], now)
    page = Browser(here.api).see("/")
    assert "One alert is open, of level high." in page.text
    assert any(link.startswith("/alerts/") for link in page.links())
    assert "Outputs have been missing since" in page.text
    assert "for 20 min." in page.text


def test_an_alert_that_has_reopened_is_not_as_old_as_what_was_over(here: Measured) -> None:
    here.check()
    now = here.now()
    with here.resources.store.begin() as connection:
        for letter, minutes in (("h", 95), ("v", 40), ("h", 20)):
            moment = now - timedelta(minutes=minutes)
            ingest(connection, here.resources.settings, [seen(letter, moment, rule="task-outputs")], moment)
    page = Browser(here.api).see("/")
    assert "Outputs have been missing since" in page.text
    assert "for 20 min." in page.text
    assert "自 " in Browser(here.api).see("/", headers=CHINESE).text


def test_without_an_alert_it_does_not_say_since_when(here: Measured) -> None:
    here.check()
    page = Browser(here.api).see("/")
    assert "10 of 40 tasks lack it" in page.text
    assert "Outputs have been missing since" not in page.text


def test_every_page_is_small_and_needs_nobody_but_this_server(here: Measured) -> None:
    for kind in (CheckType.QUICK, CheckType.FULL, CheckType.DEEP):
        here.check(kind)
    here.api.post(EVENTS, json=[an_event(level=str(level)) for level in EventLevel])
    weight = sum(len(static_files()[name].content) for name in ("page.css", "page.js", "unhealthy.svg"))
    for path in PAGES:
        for headers in ({}, CHINESE):
            page = Browser(here.api).see(path, headers=headers)
            assert_self_contained(page)
            assert page.answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
            assert len(page.answer.content) + weight < MOST_BYTES, path


def test_the_overview_stays_small_whatever_services_tell(here: Measured) -> None:
    for kind in (CheckType.QUICK, CheckType.FULL, CheckType.DEEP):
        here.check(kind)
    long = "<&\"'>" * 800
    told = [an_event(message=long[:1000], details={"text": long}) for _ in range(8)]
    assert here.api.post(EVENTS, json=told).ok
    for headers in ({}, CHINESE):
        assert len(Browser(here.api).see("/", headers=headers).answer.content) < MOST_BYTES
    assert json.dumps(long)[1:3000] in html.unescape(Browser(here.api).see("/events").answer.text)


def test_what_a_page_names_is_there_and_is_kept_by_browsers(here: Measured) -> None:
    browser = Browser(here.api)
    page = browser.see("/")
    for tag, attributes in page.elements:
        address = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        if address:
            assert "immutable" in browser.see(address).answer.headers["cache-control"]
    for path in ("/static/nothing.css", "/static/..%2fbanner.py", "/static/"):
        assert browser.session.get(here.api.url + path).status_code == 404


def test_links_lead_somewhere(here: Measured) -> None:
    for kind in (CheckType.QUICK, CheckType.FULL, CheckType.DEEP):
        here.check(kind)
    browser = Browser(here.api)
    known: set[str] = set()
    for path in PAGES:
        known |= {link for link in browser.see(path).links() if link.startswith("/") and not link.startswith("/docs")}
    assert any(link.startswith("/runs/") for link in known)
    for link in known:
        browser.see(link)


def test_pages_never_ask_the_tables_of_the_application(here: Measured) -> None:
    for kind in (CheckType.QUICK, CheckType.FULL, CheckType.DEEP):
        here.check(kind)
    resources = here.api.app.state.services.resources
    heard = statements_on(resources.primary)
    for path in PAGES:
        Browser(here.api).see(path)
    assert heard
    assert [text for text in heard if " tasks" in text or "task_outputs" in text] == []


def test_without_own_tables_it_says_which_command_makes_them(sqlite_url: str) -> None:
    with front_door(sqlite_url, store_url=f"{sqlite_url}.other") as api:
        page = Browser(api).see("/", 503)
    assert "reconcilery init" in page.text
    assert_self_contained(page)


def test_an_unknown_rule_or_range_is_told_in_words(here: Measured) -> None:
    browser = Browser(here.api)
    assert "there is no rule 'nobodys'" in browser.see("/?rule=nobodys", 422).text
    assert "range" in browser.see("/?range=9y", 422).text
    assert "since" in browser.see("/runs?since=yesterdayish", 422).text
    assert "cursor" in browser.see("/events?cursor=x", 422).text
