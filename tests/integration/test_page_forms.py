"""Who may send forms: only a page of ours, in the browser that was shown it, by somebody who may operate."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.factories.browsing import PAGES, Browser
from tests.factories.front_door import MEDIA_TYPE, front_door, problem_of, token_entry
from tests.servers.api import Api

OPERATE, MAY_OPERATE = token_entry("ann")
READ, MAY_READ = token_entry("dashboard", "read")
OLD, IS_OVER = token_entry("bob", expires=(datetime.now(UTC) - timedelta(days=1)).isoformat())
FORM = {"type": "quick"}


@pytest.fixture
def open_door(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url) as api:
        yield api


@pytest.fixture
def guarded(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url, api_tokens=[MAY_OPERATE, MAY_READ, IS_OVER]) as api:
        yield api


def let_in(api: Api, token: str, following: str = "/") -> Browser:
    browser = Browser(api)
    browser.send("/login", seen="/login", token=token, next=following)
    return browser


def test_a_form_without_the_proof_of_its_page_changes_nothing(open_door: Api) -> None:
    browser, other = Browser(open_door), Browser(open_door)
    proof = other.see("/runs").proof
    browser.see("/runs")
    for fields in (FORM, {**FORM, "form_token": ""}, {**FORM, "form_token": proof}, {**FORM, "form_token": "ä"}):
        assert "not from this page" in browser.post("/runs", fields, 403).text
    assert (
        "Redis" in browser.send("/runs", seen="/runs", type="quick").message
    )  # the form is taken, but there is no Redis


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_on_another_site_changes_nothing_even_with_the_proof(open_door: Api, headers: dict[str, str]) -> None:
    browser = Browser(open_door)
    fields = {**FORM, "form_token": browser.see("/runs").proof}
    browser.post("/runs", fields, 403, headers=headers)


def test_nobody_can_put_a_page_into_a_frame_of_theirs(open_door: Api) -> None:
    for path in (*PAGES, "/nothing"):
        answer = Browser(open_door).session.get(open_door.url + path)
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "form-action 'self'" in answer.headers["content-security-policy"]


def test_what_is_no_form_is_refused(open_door: Api) -> None:
    browser = Browser(open_door)
    proof = browser.see("/runs").proof
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        browser.post("/runs", {**FORM, "form_token": proof}, 415, headers={"Content-Type": kind})
    fields = {str(number): "" for number in range(200)}
    assert "could not be read" in browser.post("/runs", fields, 400).text


def test_whoever_shows_no_token_is_led_to_the_door_and_back(guarded: Api) -> None:
    browser = Browser(guarded)
    door = browser.see("/alerts?state=all")
    assert door.answer.url.endswith("/login?next=%2Falerts%3Fstate%3Dall")
    back = browser.post("/login", {"form_token": door.proof, "token": READ, "next": "/alerts?state=all"})
    assert back.answer.url == f"{guarded.url}/alerts?state=all"
    assert "dashboard · may only read" in back.text


@pytest.mark.parametrize("path", ["/report.json", "/report.md", "/report.html", "/missing.csv"])
def test_a_program_that_shows_no_token_is_refused_a_file_and_a_browser_led_to_the_door(guarded: Api, path: str) -> None:
    for accept in ("*/*", "application/json", ""):
        answer = guarded.get(f"{path}?rule=x", headers={"Accept": accept}, allow_redirects=False)
        assert "show a token" in problem_of(answer, 401)["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"
    assert guarded.ask("HEAD", path, allow_redirects=False).status_code == 401
    assert Browser(guarded).see(path).answer.url == f"{guarded.url}/login?next={quote(path, safe='')}"
    assert replace(guarded, token=READ).get(path).status_code == 200
    assert let_in(guarded, READ).see(path, headers={"Accept": "*/*"}).answer.headers["content-disposition"]


def test_the_token_is_kept_where_neither_scripts_nor_other_sites_reach_it(guarded: Api) -> None:
    browser = Browser(guarded)
    fields = {"form_token": browser.see("/login").proof, "token": OPERATE}
    answer = browser.session.post(guarded.url + "/login", data=fields, allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Max-Age=43200", "Path=/"))
    assert OPERATE not in browser.see("/").answer.text


@pytest.mark.parametrize("token", ["", "rcy_wrong", OLD, "x" * 5000, "ключ"], ids=range(5))
def test_a_token_that_is_not_good_lets_nobody_in(guarded: Api, token: str) -> None:
    browser = Browser(guarded)
    page = browser.send("/login", 401, seen="/login", token=token)
    assert "not known here, or its time is over" in page.text
    assert browser.see("/").answer.url.startswith(f"{guarded.url}/login")


@pytest.mark.parametrize(
    "following", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "/\t/x"]
)
def test_the_door_leads_nobody_to_another_server(guarded: Api, following: str) -> None:
    browser = Browser(guarded)
    fields = {"form_token": browser.see("/login").proof, "token": OPERATE, "next": following}
    answer = browser.session.post(guarded.url + "/login", data=fields, allow_redirects=False)
    assert answer.headers["location"] == "/"


def test_who_may_only_read_is_shown_no_buttons_and_can_change_nothing(guarded: Api) -> None:
    browser = let_in(guarded, READ)
    for path in PAGES:
        assert browser.see(path).actions() <= {"/preferences", "/logout", "/runs", "/alerts", "/events", "/report"}
    for path in ("/runs", "/repairs", "/alerts/x/resolve", "/silences/x/end", "/repairs/x/rollback"):
        assert "may only read" in browser.send(path, 403, seen="/events").text


def test_leaving_forgets_the_token(guarded: Api) -> None:
    browser = let_in(guarded, OPERATE)
    assert browser.send("/logout").answer.url == f"{guarded.url}/login"
    assert browser.see("/").answer.url == f"{guarded.url}/login"


def test_the_api_does_not_take_the_cookie_of_the_page(guarded: Api) -> None:
    browser = let_in(guarded, OPERATE)
    answer = browser.session.get(guarded.url + "/api/monitoring/alerts")
    assert (answer.status_code, answer.headers["content-type"]) == (401, MEDIA_TYPE)


def test_language_and_appearance_are_kept_by_the_browser(open_door: Api) -> None:
    browser = Browser(open_door)
    assert browser.send("/preferences", language="zh", next="/runs").answer.url == f"{open_door.url}/runs"
    assert browser.send("/preferences", theme="dark", next="/runs").answer.url == f"{open_door.url}/runs"
    page = browser.see("/alerts")
    assert '<html lang="zh-Hans" data-theme="dark">' in page.answer.text
    browser.send("/preferences", language="xx", theme="<b>")
    assert '<html lang="zh-Hans" data-theme="dark">' in browser.see("/alerts").answer.text


def test_a_message_that_somebody_else_made_up_is_not_told(open_door: Api) -> None:
    for value in ("x", "e30", "WyJkb25lIiwibm90ZV9mYWlsZWQiLHt9XQ", "W10", "WyJkb25lIiwic2tpcCIse31d", "bnVsbA"):
        browser = Browser(open_door)
        browser.session.cookies.set("reconcilery_said", value)
        assert browser.see("/alerts").message == ""


def test_what_is_not_there_is_a_page_for_people_and_json_for_programs(open_door: Api) -> None:
    page = Browser(open_door).see("/nothing", 404)
    assert page.answer.headers["content-type"].startswith("text/html")
    assert "There is nothing here" in page.text
    assert open_door.get("/nothing").headers["content-type"] == MEDIA_TYPE
    browser = Browser(open_door)
    assert browser.session.get(open_door.url + "/api/nothing").headers["content-type"] == MEDIA_TYPE
    refused = browser.session.put(open_door.url + "/runs", headers={"Accept-Language": "zh"})
    assert refused.status_code == 405
    assert "此地址不支持这种请求" in refused.text
    head = browser.session.head(open_door.url + "/nothing")
    assert (head.status_code, head.content) == (404, b"")
