"""In an incident of hours the verdict, the button under it and the alerts tell of all that is known to be lost."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from consistency.model import CheckType, parse_utc
from tests.factories.lost_morning import KINDS, LOST_BEFORE, LOST_LATELY, LostMorning, lost_morning, repair_form

CHINESE = {"Accept-Language": "zh"}
LOST = LOST_LATELY + LOST_BEFORE


@pytest.fixture
def everywhere(engine: Engine) -> Iterator[LostMorning]:
    with lost_morning(engine) as found:
        yield found


@pytest.fixture
def here(sqlite: Engine) -> Iterator[LostMorning]:
    with lost_morning(sqlite) as found:
        yield found


def test_the_verdict_says_how_many_more_a_longer_check_knows_of(everywhere: LostMorning) -> None:
    everywhere.check(*KINDS)
    page = everywhere.browser.see("/")
    assert "of the last hour's successful tasks have their output" in page.text
    assert f"{LOST_LATELY} of 40 tasks lack it" in page.text
    assert f"In the last 24 hours {LOST} tasks lack their output, as counted" in page.text
    assert "In the last 14 days" not in page.text  # it knows of no more
    assert f"Preview the repair of {LOST} tasks" in page.text
    assert f"最近 24 小时有 {LOST} 个任务缺少输出" in everywhere.browser.see("/", headers=CHINESE).text


def test_what_the_shortest_check_explains_is_said_once(here: LostMorning) -> None:
    here.check(CheckType.QUICK)
    page = here.browser.see("/")
    assert f"{LOST_LATELY} of 40 tasks lack it" in page.text
    assert "lack their output, as counted" not in page.text
    assert f"Preview the repair of {LOST_LATELY} tasks" in page.text


def test_the_button_plans_over_the_windows_of_all_alerts_until_now(everywhere: LostMorning) -> None:
    everywhere.check(*KINDS)
    windows = [alert.details["window"] for alert in everywhere.open_alerts()]
    assert len(windows) == len(KINDS)
    form = repair_form(everywhere.browser.see("/"))
    assert parse_utc(form["start_date"]) == min(parse_utc(start) for start, _ in windows)
    assert "end_date" not in form


def test_while_the_verdicts_own_alert_is_not_open_another_one_of_the_incident_says_since_when(
    here: LostMorning,
) -> None:
    here.check(CheckType.QUICK, CheckType.FULL)
    by_check = {alert.labels["check"]: alert for alert in here.open_alerts()}
    assert f"/alerts/{by_check['quick'].id}/acknowledge" in here.browser.see("/").actions()
    here.browser.send(f"/alerts/{by_check['quick'].id}/resolve", seen="/alerts", note="known")
    page = here.browser.see("/")
    assert f"/alerts/{by_check['full'].id}/acknowledge" in page.actions()
    assert "Outputs have been missing since" in page.text


def test_one_repair_by_the_button_ends_all_alerts_in_one_message(everywhere: LostMorning) -> None:
    everywhere.check(*KINDS)
    before = len(everywhere.messages())
    everywhere.apply(everywhere.plan())
    assert everywhere.open_alerts() == []
    (last,) = everywhere.messages()[before:]
    assert last.reason == "all_resolved"
    assert sorted(alert.labels["check"] for alert in last.resolved) == ["deep", "full", "quick"]
    everywhere.check(*KINDS)
    page = everywhere.browser.see("/")
    assert "No alert is open." in page.text
    assert "100 % of the last hour's successful tasks have their output" in page.text
    assert "Preview the repair" not in page.text
    assert 'class="big healthy"' in page.answer.text
    assert 'class="big unhealthy"' not in page.answer.text


def test_a_check_between_the_plan_and_its_end_leaves_an_alert_to_the_next_look_alone(here: LostMorning) -> None:
    here.check(*KINDS)
    run = here.plan()
    here.check(CheckType.QUICK)
    here.apply(run)
    assert [alert.labels["check"] for alert in here.open_alerts()] == ["quick"]
    # Workers call the checks that have seen the incident as soon as the repair has ended.
    here.check(CheckType.QUICK)
    assert here.open_alerts() == []
