"""Alerts, checks and events on the page, and what people do about them there."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from consistency.database import transaction
from consistency.event_checks import seal
from consistency.ledger.events import store_events
from consistency.ledger.tables import check_runs
from consistency.model import CheckType
from consistency.remarks import Remark, known_remarks
from notifiers.alerts.alert import Alert
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.ingest import ingest
from notifiers.own_events import check_event
from tests.factories.browsing import Browser, Page
from tests.factories.front_door import EVENTS, an_event, problem_of
from tests.factories.measured import Measured, measured
from tests.factories.observing import seen
from tests.factories.reports import report_of


@pytest.fixture
def everywhere(database_url: str) -> Iterator[Measured]:
    with measured(database_url) as found:
        yield found


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url) as found:
        yield found


def fire(place: Measured, rule: str = "task-outputs") -> Alert:
    now = place.now() - timedelta(minutes=1)
    with transaction(place.resources.store) as connection:
        ingest(connection, place.resources.settings, [seen("h", now, rule=rule)], now)
    with transaction(place.resources.store) as connection:
        return find_alerts(connection, rule=rule)[0]


def act(place: Measured, path: str, **fields: str) -> Page:
    browser = Browser(place.api)
    return browser.post(path, {"form_token": browser.see("/alerts").proof, **fields})


def test_an_alert_can_be_taken_on_and_ended(everywhere: Measured) -> None:
    alert = fire(everywhere)
    taken = act(everywhere, f"/alerts/{alert.id}/acknowledge", **{"for": "2h", "note": "on it"})
    assert "You have taken it on" in taken.message
    assert "taken on by local until" in taken.text
    assert "on it" in taken.text
    over = act(everywhere, f"/alerts/{alert.id}/resolve", note="a deploy")
    assert "marked as over" in over.message
    assert "a deploy" in over.text
    assert "No alert is open." in Browser(everywhere.api).see("/alerts").text
    assert alert.id in Browser(everywhere.api).see("/alerts?state=all").answer.text


def test_an_alert_says_for_whom_outputs_are_missing(here: Measured) -> None:
    now = here.now() - timedelta(minutes=1)
    mostly = {"column": "workflow", "value": "<img2video>", "missing": 27, "of": 31}
    with transaction(here.resources.store) as connection:
        found = seen("h", now, rule="task-outputs", details={"mostly": mostly})
        ingest(connection, here.resources.settings, [found], now)
        alert = find_alerts(connection)[0]
    page = Browser(here.api).see(f"/alerts/{alert.id}")
    assert "workflow <img2video> (27 of 31)" in page.text


def test_a_finding_is_told_in_the_readers_language_with_what_to_do(here: Measured) -> None:
    now = here.now() - timedelta(minutes=1)
    known = {"code": "slow_statement", "values": {"statement": "tasks", "seconds": 7.5, "limit_seconds": 5.0}}
    details = {"found": {"message": "it was slow", "more": 2, **known}, "fix": "ask the doctor"}
    labels = {"check": "full", "source": "database"}
    with transaction(here.resources.store) as connection:
        found = seen("h", now, kind="finding", labels=labels, summary="it was slow (and 2 more)", details=details)
        ingest(connection, here.resources.settings, [found], now)
        alert = find_alerts(connection)[0]
    browser, path = Browser(here.api), f"/alerts/{alert.id}"
    page, chinese = (browser.see(path, headers={"Accept-Language": tag}) for tag in ("en", "zh"))
    assert "it was slow (and 2 more)" in page.title
    assert "ask the doctor" in page.text
    assert "查询“任务”用了 7.5 秒；5 秒起算慢（另有 2 个）" in chinese.title  # noqa: RUF001 - Chinese brackets
    assert "来源 数据库" in chinese.text
    assert "`reconcilery doctor` 会说明是否缺少索引" in chinese.text
    assert "ask the doctor" not in chinese.text
    assert "it was slow" not in chinese.text


def test_an_alert_can_be_silenced_for_a_reason_and_the_silence_ended(everywhere: Measured) -> None:
    alert = fire(everywhere)
    assert "reason" in act(everywhere, f"/alerts/{alert.id}/silence", **{"for": "2h"}).message
    assert "for: a silence needs an end" in act(everywhere, f"/alerts/{alert.id}/silence", reason="x").message
    done = act(everywhere, f"/alerts/{alert.id}/silence", **{"for": "2h", "reason": "we migrate"})
    assert "Nobody is told of it meanwhile." in done.message
    page = Browser(everywhere.api).see("/alerts")
    assert "we migrate" in page.text
    (ending,) = (action for action in page.actions() if action.startswith("/silences/"))
    assert "The silence is over." in act(everywhere, ending).message
    assert "is over already" in act(everywhere, ending).message
    assert "Nothing is silenced." in Browser(everywhere.api).see("/alerts").text


@pytest.mark.parametrize("field", [{"for": "soon"}, {"for": "0h"}, {"for": "99999d"}, {"note": "x" * 501}])
def test_what_nobody_can_have_meant_is_told_and_changes_nothing(here: Measured, field: dict[str, str]) -> None:
    alert = fire(here)
    page = act(here, f"/alerts/{alert.id}/acknowledge", **field)
    assert page.message.startswith("✖ That was not done:")
    assert "taken on by" not in page.text


@pytest.mark.parametrize("name", ["00000000", "x", "%00", "'--", "<b>"])
def test_an_unknown_alert_or_check_is_not_found(here: Measured, name: str) -> None:
    browser = Browser(here.api)
    assert "there is no alert" in browser.see(f"/alerts/{name}", 404).text
    assert "there is no check" in browser.see(f"/runs/{name}", 404).text
    browser.send(f"/alerts/{name}/resolve", 404)


def test_a_check_is_shown_with_what_it_measured(everywhere: Measured) -> None:
    run = everywhere.check()
    page = Browser(everywhere.api).see(f"/runs/{run.id}")
    assert "task-outputs: quick check" in page.text
    assert "Unhealthy · 75.0 % 40 successful tasks; 10 lack their output, 0 had it late." in page.text
    assert f"/runs/{run.id}" in Browser(everywhere.api).see("/runs?type=quick").links()
    assert f"/runs/{run.id}" not in Browser(everywhere.api).see("/runs?type=deep").links()


def test_what_a_check_could_not_do_is_told_in_the_readers_language(here: Measured) -> None:
    run = here.check()
    problem = Remark("3 tasks have no time", "tasks_without_time", {"tasks": 3})
    told = {"problems": [problem.text, "as it was"], "remarks": known_remarks([problem])}
    with transaction(here.resources.store) as connection:
        changed = json.dumps({**(run.report or {}), **told})
        connection.execute(update(check_runs).where(check_runs.c.id == run.id).values(report=changed))
    page, chinese = (Browser(here.api).see(f"/runs/{run.id}", headers={"Accept-Language": tag}) for tag in ("en", "zh"))
    assert "3 tasks have no time as it was" in page.text
    assert "3 个成功的任务在 done_at 的各列中都没有时间 as it was" in chinese.text
    assert "3 tasks have no time" not in chinese.text


def test_checks_and_their_schedule_are_told_in_the_readers_language(here: Measured) -> None:
    run = here.check()
    page, chinese = (Browser(here.api).see(f"/runs/{run.id}", headers={"Accept-Language": tag}) for tag in ("en", "zh"))
    assert "40 successful tasks; 10 lack their output, 0 had it late." in page.text
    assert "40 个成功的任务，10 个缺少输出，0 个延迟。" in chinese.text  # noqa: RUF001 - a Chinese comma
    assert run.report
    assert run.report["verdict"] not in chinese.text
    page, chinese = (Browser(here.api).see("/runs", headers={"Accept-Language": tag}) for tag in ("en", "zh"))
    assert "quick every 15 min" in page.text
    assert "full every 60 min" in page.text
    assert "daily at 02:00" in page.text
    assert "每 15 分钟" in chinese.text
    assert "每天 02:00" in chinese.text


def test_a_deep_check_shows_its_course(here: Measured) -> None:
    run = here.check(CheckType.DEEP)
    assert "<svg" in Browser(here.api).see(f"/runs/{run.id}").answer.text


def test_a_check_leads_to_its_task_in_flower(sqlite_url: str) -> None:
    with measured(sqlite_url, flower_url="http://flower.example/base/") as place:
        run = place.check()
        assert f"http://flower.example/base/task/{run.id}" in Browser(place.api).see(f"/runs/{run.id}").links()


def test_a_check_of_a_wrong_kind_is_refused(here: Measured) -> None:
    assert "type: must be one of" in Browser(here.api).send("/runs", type="odd").message


def test_events_are_chosen_by_type_level_service_and_time(here: Measured) -> None:
    first = an_event(event_type="sync_failure", level="error", service="crm", message="no way through")
    here.api.post(EVENTS, json=[first, an_event(message="all done")])
    browser = Browser(here.api)
    assert "all done" in browser.see("/events").text
    for query in ("level=error", "type=sync_failure", "service=crm", "type=&level=error&service=&since=now-1h&until="):
        page = browser.see(f"/events?{query}")
        assert "no way through" in page.text
        assert "all done" not in page.text
    assert "No event has come in." in browser.see("/events?until=2026-01-01").text


def test_the_products_own_events_are_told_in_the_readers_language(here: Measured) -> None:
    own, now = check_event(report_of(31), here.resources.settings.service), here.now()
    with transaction(here.resources.store) as connection:
        store_events(connection, [seal(own)], now, None)
    here.api.post(EVENTS, json=an_event(message="all done"))
    browser = Browser(here.api)
    for path in ("/", "/events"):
        assert own.message in browser.see(path).text
        chinese = browser.see(path, headers={"Accept-Language": "zh"})
        assert "降级：378 个成功的任务中 91.8 % 有输出" in chinese.text  # noqa: RUF001 - a Chinese comma and colon
        assert own.message not in chinese.text
        assert "all done" in chinese.text


def test_long_lists_lead_to_what_is_older(here: Measured) -> None:
    here.api.post(EVENTS, json=[an_event(message=f"number {number:03}") for number in range(120)])
    browser, path, found = Browser(here.api), "/events?level=info", list[str]()
    for _ in range(3):
        page = browser.see(path)
        found += [word for word in page.text.split() if word.isdigit() and len(word) == 3]
        path = next((link for link in page.links() if "cursor=" in link), "")
    assert path == ""
    assert sorted(found) == [f"{number:03}" for number in range(120)]


def test_missing_tasks_are_listed_and_can_be_had_as_csv(everywhere: Measured) -> None:
    everywhere.check()
    browser = Browser(everywhere.api)
    page = browser.see("/missing")
    lines = browser.see("/missing.csv").answer.text.splitlines()
    assert lines[0] == "rule,task_id,done_at,first_seen_at,source,as_of,check_id"
    ids = [line.split(",")[1] for line in lines[1:]]
    assert sorted(map(int, ids)) == list(range(4, 41, 4))
    assert all(f"<code>{key}</code>" in page.answer.text for key in ids)


def test_a_report_is_shown_and_can_be_kept(here: Measured) -> None:
    here.check(CheckType.DEEP)
    browser = Browser(here.api)
    page = browser.see("/report?start_date=now-24h")
    assert '<article class="report">' in page.answer.text
    for ending, kind in (("html", "text/html"), ("md", "text/markdown"), ("json", "application/json")):
        assert f"/report.{ending}?start_date=now-24h" in page.links()
        answer = browser.see(f"/report.{ending}?start_date=now-24h").answer
        assert answer.headers["content-type"].startswith(kind)
        assert "attachment" in answer.headers["content-disposition"]
    assert "start_date" in browser.see("/report?start_date=soon", 422).text
    (error,) = problem_of(here.api.get("/report.json?start_date=soon"), 422)["errors"]
    assert (error["parameter"], error["detail"][:16]) == ("start_date", "'soon' is no dat")


@pytest.mark.parametrize("path", ["/report", "/report.html", "/report.md", "/report.json"])
def test_a_report_of_decades_is_not_made(here: Measured, path: str) -> None:
    page = Browser(here.api).see(f"{path}?start_date=1970-01-01", 422)
    assert "start_date: a report covers at most 400 days, this would be" in page.text
    assert "or later" in page.text
    assert Browser(here.api).see("/report?start_date=1970-01-01&end_date=1970-12-31").answer.ok
