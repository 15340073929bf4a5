"""The page in a real browser, over a real server, worker, database, Redis and provider: the ways that people go."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import delete, func, select

from consistency.database import transaction
from tests.acceptance.launching import eventually
from tests.acceptance.served import BASE
from tests.acceptance.stage import Stage, beating, stage
from tests.factories.default_app import AppTask, outputs
from tests.factories.front_door import front_door, token_entry
from tests.servers.browser import PATIENCE_MS, Visit, chromium, visiting
from tests.servers.databases import fresh_database
from tests.servers.redis import empty_redis
from tests.servers.runninghub_process import runninghub_process

TASKS, MISSING = 200, 60
PAGES = ("/", "/missing", "/repairs", "/alerts", "/runs", "/events", "/report")
MOST_BYTES = 100_000
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory, postgres_server: str, redis_server: str) -> Iterator[Stage]:
    """An application that lost its last outputs, which RunningHub still has."""
    now = datetime.now(UTC)
    rows = [
        AppTask(
            number, now - timedelta(minutes=12, seconds=10 * number), number > MISSING, provider_task_id=f"p-{number}"
        )
        for number in range(1, TASKS + 1)
    ]
    with (
        runninghub_process() as hub,
        fresh_database(postgres_server, os.getpid()) as url,
        empty_redis(redis_server) as redis_url,
    ):
        settings = {
            "RUNNINGHUB_BASE_URL": hub.url,
            "RUNNINGHUB_API_KEY": hub.key,
            "RECONCILERY_CHECK_LINKS": "false",
            "RECONCILERY_PROVIDER_RATE": "0",
            "RECONCILERY_CHANNELS": '{"desk": {"kind": "console"}}',
            "RECONCILERY_TELL_EVERY": "1s",
            # Beat lives, but it is people who ask for checks.
            "RECONCILERY_QUICK_EVERY": "20h",
            "RECONCILERY_FULL_EVERY": "20h",
            "RECONCILERY_DEEP_AT": f"{(now.hour + 12) % 24:02d}:30",
        }
        folder = tmp_path_factory.mktemp("page")
        with stage(folder, url, redis_url, rows, **settings) as found, beating(found.place):
            eventually(lambda: found.server.health()["beat"] == "healthy")
            yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def url(on_stage: Stage) -> str:
    """Where the page is; the outputs are missing again, whatever others have repaired before."""
    with on_stage.engine.begin() as connection:
        connection.execute(delete(outputs).where(outputs.c.task_id <= MISSING))
    return on_stage.server.url


def number_of_outputs(on_stage: Stage) -> int:
    with transaction(on_stage.engine.execution_options(readonly=True)) as connection:
        return connection.scalar(select(func.count()).select_from(outputs)) or 0


def test_a_person_sees_what_is_wrong_puts_it_right_and_takes_that_back(
    browser: Browser, on_stage: Stage, url: str
) -> None:
    with visiting(browser, url) as visit:
        visit.go("/")
        see_what_is_wrong(visit)
        put_it_right(visit, on_stage)
        take_that_back(visit, on_stage)


def see_what_is_wrong(visit: Visit) -> None:
    page = visit.page
    # The answer comes without another click: the page keeps itself up to date.
    page.get_by_role("button", name="Run a quick check now").click()
    expect(page.get_by_role("status").first).to_contain_text("A check was asked for")
    expect(page.locator("#headline")).to_contain_text("Unhealthy: 70.0 % of the last hour's")
    expect(page.locator("#verdict")).to_contain_text(f"{MISSING} of {TASKS} tasks lack it")
    expect(page).to_have_title(re.compile("^✖ Unhealthy"))
    assert "unhealthy.svg" in str(page.locator("link[rel=icon]").get_attribute("href"))
    eventually(lambda: page.reload() and page.locator("#alerts").get_by_text("desk").count())

    page.get_by_role("button", name="Take it on").click()
    expect(page.get_by_role("status").first).to_contain_text("You have taken it on")
    expect(page.locator("#alerts")).to_contain_text("taken on by")


def put_it_right(visit: Visit, on_stage: Stage) -> None:
    page = visit.page
    page.get_by_role("button", name=f"Preview the repair of {MISSING} tasks").click()
    expect(page.locator("#repair")).to_contain_text(f"{MISSING} tasks would be repaired. Nothing is written yet.")
    assert number_of_outputs(on_stage) == TASKS - MISSING
    page.get_by_label("To apply the plan").fill("5")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text(f"5 was typed, but it is {MISSING}")
    assert number_of_outputs(on_stage) == TASKS - MISSING
    page.get_by_label("To apply the plan").fill(str(MISSING))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status").first).to_contain_text("The workers were asked to carry out the plan")
    expect(page.locator("h1 .chip")).to_have_text("succeeded")
    expect(page.locator(".versus")).to_contain_text("100 %")
    assert number_of_outputs(on_stage) == TASKS


def take_that_back(visit: Visit, on_stage: Stage) -> None:
    page = visit.page
    page.get_by_text("Roll back…").click()
    page.get_by_role("button", name="Preview the rollback").click()
    expect(page.get_by_role("status").first).to_contain_text(f"would delete {MISSING} rows")
    page.get_by_label("To roll back").fill(str(MISSING))
    page.get_by_role("button", name=f"Roll back {MISSING} rows").click()
    expect(page.locator("h1 .chip")).to_have_text("rolled back")
    assert number_of_outputs(on_stage) == TASKS - MISSING


def test_the_same_works_without_scripts(browser: Browser, on_stage: Stage, url: str) -> None:
    with visiting(browser, url, java_script_enabled=False) as visit:
        page = visit.page
        visit.go("/")
        page.get_by_role("button", name="Run a quick check now").click()
        expect(page.get_by_role("status").first).to_contain_text("check")
        for path in PAGES:
            visit.go(path)
            expect(page.get_by_role("heading", level=1).or_(page.locator("h1.unseen"))).to_have_count(1)
        visit.go("/repairs")
        page.get_by_label("Or tasks by their ids").fill("1, 2")
        page.get_by_role("button", name="Make a plan").click()
        # It looks again by itself.
        expect(page.get_by_label("To apply the plan")).to_be_visible()
        page.get_by_label("To apply the plan").fill("2")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("succeeded")
    assert number_of_outputs(on_stage) == TASKS - MISSING + 2


def test_hands_on_the_keyboard_reach_everything_in_both_languages(browser: Browser, url: str) -> None:
    with visiting(browser, url, locale="zh-CN") as visit:
        page, keys = visit.page, visit.page.keyboard
        visit.go("/")
        expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
        expect(page.get_by_role("navigation").first).to_contain_text("总览")
        keys.press("Tab")
        expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        keys.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        keys.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
        tab_to(visit, "English")
        keys.press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        tab_to(visit, "Run a quick check now")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        keys.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text("check")
        tab_to(visit, "Dark")
        keys.press("Enter")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def tab_to(visit: Visit, name: str) -> None:
    """Go on with the key for that, until what has this name has the focus."""
    for _ in range(100):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"{name!r} cannot be reached with the keyboard")


def test_no_page_is_heavy_dangerous_or_keeps_anybody_from_using_it(browser: Browser, on_stage: Stage, url: str) -> None:
    pages = (*PAGES, *single_pages(on_stage))
    tell_something_hostile(on_stage)
    with visiting(browser, url) as visit:
        for path in pages:
            assert len(visit.go(path)) < MOST_BYTES, path
            for scheme in ("light", "dark"):
                visit.page.emulate_media(color_scheme=scheme)
                assert visit.grave_findings() == [], (path, scheme)
            visit.page.set_viewport_size({"width": 360, "height": 740})
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360, path
            visit.page.set_viewport_size({"width": 1280, "height": 900})
        visit.go("/events")
        expect(visit.page.get_by_role("main")).to_contain_text(HOSTILE)


def test_what_must_not_be_would_be_seen(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.go("/missing")
        visit.page.evaluate("document.body.setAttribute('style', 'color: red')")
        visit.page.evaluate("document.querySelector('main').append(document.createElement('input'))")
        assert {finding.partition(":")[0] for finding in visit.grave_findings()} == {"label"}
        assert "Content Security Policy" in visit.faults.pop()


def single_pages(on_stage: Stage) -> list[str]:
    """Those of one check, one alert and one repair."""
    ask, post = on_stage.server.get, on_stage.server.post
    check = post(f"{BASE}/data-consistency/check?wait=60", {"type": "quick"}).json()["check_id"]
    alerts = eventually(lambda: ask(f"{BASE}/alerts").json()["alerts"])
    repair = post(f"{BASE}/repairs", {"dry_run": True, "task_ids": ["1", "2"]}).json()["run_id"]
    return [f"/runs/{check}", f"/alerts/{alerts[0]['id']}", f"/repairs/{repair}"]


def tell_something_hostile(on_stage: Stage) -> None:
    """An event that would be dangerous if anything of it were taken for more than text."""
    event = {"event_type": "sync_failure", "level": "error", "service": "datasync", "message": HOSTILE}
    told = on_stage.server.post(f"{BASE}/events", {**event, "details": {HOSTILE: HOSTILE}})
    assert told.status_code == 202, told.text


def test_who_has_no_token_is_asked_for_one_and_who_may_read_finds_no_button(browser: Browser, sqlite_url: str) -> None:
    token, entry = token_entry(scope="read")
    with front_door(sqlite_url, api_tokens=[entry]) as api, visiting(browser, api.url) as visit:
        page = visit.page
        visit.go("/repairs")
        assert visit.grave_findings() == []
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(f"{api.url}/repairs")
        expect(page.get_by_role("button", name="Make a plan")).to_have_count(0)
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(re.compile("/login$"))
