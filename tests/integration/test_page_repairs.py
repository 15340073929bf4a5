"""Repairs on the page: the plan is looked at, applied by who types its count, and can be taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine

from api.page.paging import ROWS
from compensation import control
from compensation.engine import work
from compensation.runs import Run
from compensation.undo import rolling_back
from consistency.model import CheckType
from consistency.settings import Settings
from monitor_tasks import checks
from tests.factories.browsing import Browser, assert_self_contained
from tests.factories.front_door import NOBODY
from tests.factories.studio import Studio, lost_tasks, studio_of
from tests.servers.api import answering

NOBODYS = "00000000-0000-0000-0000-000000000000"
NO_REDIS = "Redis"
CHINESE = {"Accept-Language": "zh"}


@contextmanager
def page_of(engine: Engine, **settings: Any) -> Iterator[tuple[Studio, Browser]]:
    """Five tasks without their output and two with theirs, and a browser; nobody takes messages to workers."""
    studio = studio_of(engine, lost_tasks(5, kept=2))
    known: dict[str, Any] = {"database_url": engine.url.render_as_string(hide_password=False), "redis_url": NOBODY}
    with answering(Settings.model_validate({**known, "runninghub_api_key": "key", "api_rate": 0, **settings})) as api:
        yield studio, Browser(api)


@pytest.fixture
def everywhere(engine: Engine) -> Iterator[tuple[Studio, Browser]]:
    with page_of(engine) as found:
        yield found


@pytest.fixture
def here(sqlite: Engine) -> Iterator[tuple[Studio, Browser]]:
    with page_of(sqlite) as found:
        yield found


def repaired(studio: Studio) -> Run:
    run = studio.plan()
    control.start(studio.resources, run.id, "ann", approved=True)
    work(studio.bench(), run.id)
    return run


def test_a_plan_shows_what_would_be_written_and_asks_for_its_count(everywhere: tuple[Studio, Browser]) -> None:
    studio, browser = everywhere
    run = studio.plan(dry_run=True)
    page = browser.see(f"/repairs/{run.id}")
    assert "5 tasks would be repaired. Nothing is written yet." in page.text
    assert "https://files.example/p-1/0.png" in page.text
    assert f"/repairs/{run.id}/apply" in page.actions()
    assert_self_contained(page)
    assert f"/repairs/{run.id}" in browser.see("/repairs").links()


def test_the_overview_says_that_a_repair_has_come_since_the_check_it_rests_on(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    check, _ = checks.start(studio.resources, CheckType.DEEP, "task-outputs")
    checks.work(studio.resources, check.id)
    assert "A repair ended" not in browser.see("/").text
    repaired(studio)
    assert "A repair ended" in browser.see("/").text
    check, _ = checks.start(studio.resources, CheckType.DEEP, "task-outputs")
    checks.work(studio.resources, check.id)
    assert "A repair ended" not in browser.see("/").text


@pytest.mark.parametrize("typed", ["", "4", "five", "-5", "5.0", "5 0", "\u0665", "\uff14"])
def test_a_plan_is_not_applied_by_who_does_not_know_its_count(here: tuple[Studio, Browser], typed: str) -> None:
    studio, browser = here
    run = studio.plan(dry_run=True)
    page = browser.send(f"/repairs/{run.id}/apply", count=typed)
    assert page.message.startswith("✖ Nothing was done:")
    assert "5 tasks would be repaired" in page.text


def test_without_redis_nothing_is_begun_and_the_page_says_why(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    run = studio.plan(dry_run=True)
    assert NO_REDIS in browser.send(f"/repairs/{run.id}/apply", count="5").message
    assert NO_REDIS in browser.send("/repairs", rule="task-outputs").message
    assert "planned" in browser.see(f"/repairs/{run.id}").title
    assert len(studio.rows()) == 2


def test_a_plan_that_needs_approval_is_not_applied_without_it(sqlite: Engine) -> None:
    with page_of(sqlite, repair_cap=2) as (_, browser):
        strict = studio_of(sqlite, lost_tasks(5, kept=2), repair_cap=2)
        run = strict.plan(dry_run=True)
        page = browser.see(f"/repairs/{run.id}")
        assert "This plan needs a person's approval" in page.text
        chinese = browser.see(f"/repairs/{run.id}", headers=CHINESE).text
        assert "此计划需要人工批准：5 个任务超过上限 2（repair_cap）" in chinese  # noqa: RUF001 - Chinese brackets
        assert "tick the box" in browser.send(f"/repairs/{run.id}/apply", count="5").message
        assert NO_REDIS in browser.send(f"/repairs/{run.id}/apply", count="5", approved="yes").message


def test_why_a_task_needs_no_repair_is_told_in_the_readers_language(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    kept = next(str(row.task_id) for row in studio.rows())
    run = studio.plan(task_ids=(kept,), dry_run=True)
    page, chinese = (browser.see(f"/repairs/{run.id}", headers=each) for each in ({}, CHINESE))
    assert "1 outputs are there" in page.text
    assert "已有 1 个输出" in chinese.text
    assert "outputs are there" not in chinese.text


def test_a_repair_is_shown_with_before_and_after_and_a_rollback_is_previewed(
    everywhere: tuple[Studio, Browser],
) -> None:
    studio, browser = everywhere
    run = repaired(studio)
    page = browser.see(f"/repairs/{run.id}")
    assert "Before 28.6 % 5 missing of 7" in page.text
    assert "After 100 % 0 missing of 7" in page.text
    assert "5 rows written" in page.text
    assert page.text.count("repaired 1 row") == 5
    said = browser.send(f"/repairs/{run.id}/rehearse").message
    assert said == "✔ A rollback would delete 5 rows; 0 were changed and stay, 0 are gone already."
    assert len(studio.rows()) == 7


def test_a_repair_that_was_rolled_back_does_not_look_verified(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    check, _ = checks.start(studio.resources, CheckType.DEEP, "task-outputs")
    checks.work(studio.resources, check.id)
    run = repaired(studio)
    path = f"/repairs/{run.id}"
    assert "Verified" in browser.see(path).text
    rolling_back.begin(studio.resources, run.id, "ann")
    under_way = browser.see(path)
    assert "Rolling back" in under_way.text
    assert "Plan the same scope anew" not in under_way.text
    rolling_back.roll_back(studio.resources, studio.resources.rule("task-outputs"), run.id)
    page = browser.see(path)
    assert "Rolled back" in page.text
    assert "Verified" not in page.text
    assert "<progress" not in page.answer.text
    assert "5 rows deleted; 0 were changed and stay, 0 were gone already · 0 rows written" in page.text
    assert "/repairs" in page.actions()
    overview = browser.see("/")
    assert "rolled back 0 rows written" in overview.text
    assert "A repair ended" not in overview.text
    assert_self_contained(page)


def test_a_repair_leads_to_its_tasks_in_flower(sqlite: Engine) -> None:
    with page_of(sqlite, flower_url="http://flower.example/base/") as (studio, browser):
        run = studio.plan(dry_run=True)
        links = browser.see(f"/repairs/{run.id}").links()
        assert f"http://flower.example/base/tasks?name=compensation.%20{run.id}" in links


def test_after_a_rollback_the_same_scope_can_be_planned_anew(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    run = repaired(studio)
    rolling_back.begin(studio.resources, run.id, "ann")
    rolling_back.roll_back(studio.resources, studio.resources.rule("task-outputs"), run.id)
    page = browser.see(f"/repairs/{run.id}")
    inputs = [attributes for tag, attributes in page.elements if tag == "input"]
    scope = {each["name"]: each["value"] for each in inputs if each.get("name") in {"rule", "start_date", "end_date"}}
    assert scope == {"rule": "task-outputs", "start_date": run.scope["start"], "end_date": run.scope["end"]}
    assert NO_REDIS in browser.send("/repairs", rule=scope["rule"], start_date=scope["start_date"]).message


def test_a_rollback_asks_for_the_number_of_rows(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    run = repaired(studio)
    assert "but it is 5" in browser.send(f"/repairs/{run.id}/rollback", count="7").message
    assert NO_REDIS in browser.send(f"/repairs/{run.id}/rollback", count="5").message
    assert len(studio.rows()) == 7
    assert "succeeded" in browser.see(f"/repairs/{run.id}").title


def test_a_repair_can_be_paused_and_cancelled_without_redis(everywhere: tuple[Studio, Browser]) -> None:
    studio, browser = everywhere
    run = studio.plan()
    control.start(studio.resources, run.id, "ann", approved=True)
    paused = browser.send(f"/repairs/{run.id}/pause")
    assert "Paused" in paused.message
    assert "paused by local" in paused.text
    assert "由 local 暂停" in browser.see(f"/repairs/{run.id}", headers=CHINESE).text
    assert NO_REDIS in browser.send(f"/repairs/{run.id}/resume").message
    assert "Cancelled" in browser.send(f"/repairs/{run.id}/cancel").message
    assert "cancelled" in browser.see(f"/repairs/{run.id}").title
    assert "✖" in browser.send(f"/repairs/{run.id}/pause").message


def test_tasks_of_a_repair_are_paged_and_chosen_by_outcome(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    run = repaired(studio)
    assert "There are no such tasks here." in browser.see(f"/repairs/{run.id}?state=pending").text
    assert "repaired 5" in browser.see(f"/repairs/{run.id}?state=done").text
    assert "state" in browser.see(f"/repairs/{run.id}?state=odd", 422).text


def test_more_tasks_of_a_repair_are_not_called_older(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    studio = studio_of(studio.resources.primary, lost_tasks(ROWS + 1))
    path = f"/repairs/{studio.plan(dry_run=True).id}"
    page = browser.see(path)
    assert "Older ones" not in page.text
    [following] = [link for link in page.links() if "cursor=" in link]
    assert f"p-{ROWS + 1} " in browser.see(following).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rule", "nobodys"),
        ("start_date", "soon"),
        ("start_date", "日" * 700),
        ("max_tasks", "many"),
        ("max_tasks", "0"),
        ("task_ids", "1 999"),
        ("task_ids", " ,,, "),
    ],
)
def test_a_wrong_order_is_told_in_one_line_and_plans_nothing(
    here: tuple[Studio, Browser], field: str, value: str
) -> None:
    _, browser = here
    fields = {"form_token": browser.see("/repairs").proof, "rule": "task-outputs", field: value}
    page = browser.post("/repairs", fields)
    assert page.message.startswith("✖ That was not done:")
    assert "There is no repair yet." in page.text


@pytest.mark.parametrize("act", ["apply", "rollback", "rehearse", "redrive", "pause", "resume", "cancel"])
@pytest.mark.parametrize("run_id", [NOBODYS, "x", "%00", "<b>"])
def test_an_unknown_repair_is_not_found(here: tuple[Studio, Browser], act: str, run_id: str) -> None:
    _, browser = here
    page = browser.send(f"/repairs/{run_id}/{act}", 404, count="1")
    assert "there is no repair" in page.text
    assert "<b>" not in page.answer.text


def test_the_overview_tells_a_plan_from_a_repair(here: tuple[Studio, Browser]) -> None:
    studio, browser = here
    run = studio.plan()
    page = browser.see("/").text
    assert "Planned repair" in page
    assert "5 tasks, not applied" in page
    control.start(studio.resources, run.id, "ann", approved=True)
    assert "Repair under way" in browser.see("/").text
    work(studio.bench(), run.id)
    page = browser.see("/").text
    assert "Last repair" in page
    assert "5 of 5 tasks" in page
