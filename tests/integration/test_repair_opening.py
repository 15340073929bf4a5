"""From what somebody asks for to a plan: wrong requests, limits, approval, and one live run per scope."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from compensation import control
from compensation.engine import work
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.provider import Answer, Kind
from compensation.runs import RepairRefused, foremost_run
from compensation.states import RunState
from consistency.errors import BadRequest
from consistency.ledger.repair_events import events_of
from consistency.ledger.repair_tables import repair_runs
from consistency.mapping import DEFAULT_RULE
from consistency.resources import Resources
from consistency.settings import Settings
from tests.factories.studio import DAY_AGO, Studio, lost_tasks, studio_of

#: What was asked for, and what is said to it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"task_ids": ["1", "77", "78"]}, r"task_ids: 2 of 3 ids are not in tasks: 77, 78"),
    ({"task_ids": [str(each) for each in range(10, 20)]}, r"10 of 10 ids are not in tasks: 10, 11, 12, 13, 14 and 5 m"),
    ({"task_ids": ["1", "seven"]}, r"task_ids: 'seven' cannot be a tasks.id \("),
    ({"task_ids": ["1.0"]}, r"'1.0' cannot be a tasks.id"),
    ({"task_ids": ["1_0"]}, r"'1_0' cannot be a tasks.id"),
    ({"task_ids": ["9" * 30]}, r"'9{30}' cannot be a tasks.id"),
    ({"task_ids": ["1; DROP TABLE tasks"]}, r"cannot be a tasks.id"),
    ({"task_ids": ["1\x00"]}, r"cannot be a tasks.id"),
    ({"task_ids": []}, r"task_ids: no ids are given"),
    ({"task_ids": [" ", ""]}, r"task_ids: no ids are given"),
    ({"task_ids": [str(each) for each in range(100_001)]}, r"task_ids: 100001 ids are more than 100000"),
    ({"task_ids": ["1"], "start": "2026-01-01"}, r"task_ids: cannot be combined with start_date or end_date"),
    ({"start": "yesterday"}, r"start_date: 'yesterday' is no date"),
    ({"start": "2026-02-03", "end": "2026-02-01"}, r"end_date: .* before the start"),
    ({"start": "2999-01-01"}, r"start_date: 2999-01-01 is in the future"),
    ({"batch_size": 0}, r"batch_size: must be from 1 to 10000, not 0"),
    ({"batch_size": 10**30}, r"batch_size: must be from 1 to 10000"),
    ({"max_tasks": -1}, r"max_tasks: must be at least 1, not -1"),
]


def order_of(**order: Any) -> RepairOrder:
    return RepairOrder(**{"rule_id": "task-outputs", "actor": "ann", **order})


def number_of_runs(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(repair_runs)) or 0


def test_a_wrong_request_is_told_in_one_line_and_opens_nothing(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    for asked, said in WRONG:
        with pytest.raises(BadRequest, match=said) as caught:
            open_repair(studio.resources, order_of(**asked))
        assert "\n" not in str(caught.value)
    assert number_of_runs(engine) == 0


def test_ids_that_are_named_twice_are_one_item_each_in_the_order_they_were_named(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4))
    plan = studio.plan(task_ids=["3", " 1", "3", "+1", "03", "2 "])
    assert plan.scope["task_ids"] == ["3", "1", "2"]
    assert [item.task_key for item in studio.items(plan.id)] == ["3", "1", "2"]
    assert plan.before == {"tasks": 3, "with_outputs": 0, "missing": 3, "completion_rate": 0.0}


def test_a_plan_with_nothing_to_do_ends_as_soon_as_it_is_applied(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(0, kept=2))
    plan = studio.plan()
    assert (plan.state, plan.needs_approval, studio.items(plan.id)) == (RunState.PLANNED, None, [])
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert (run.state, studio.shelf.asked) == (RunState.SUCCEEDED, [])


def test_named_tasks_that_need_nothing_have_their_reason(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(4, kept=1))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE tasks SET status = 'FAILED' WHERE id = 2")
        connection.exec_driver_sql("UPDATE tasks SET provider_task_id = NULL WHERE id = 3")
        young = datetime.now(UTC).replace(tzinfo=None)
        connection.exec_driver_sql(f"UPDATE tasks SET completed_at = '{young.isoformat(' ')}' WHERE id = 4")
    plan = studio.plan(task_ids=["1", "2", "3", "4", "5"])
    found = {item.task_key: (item.state, item.outcome_code) for item in studio.items(plan.id)}
    assert found == {
        "1": ("pending", None),
        "2": ("skipped_precondition", "not_successful"),
        "3": ("quarantined", "no_provider_id"),
        "4": ("skipped_precondition", "young"),
        "5": ("skipped_present", "present"),
    }
    assert any("4 tasks need no repair or cannot have one" in note for note in plan.plan_notes)


def test_max_tasks_takes_the_oldest_and_the_plan_says_how_many_are_left(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(7))
    plan = studio.plan(max_tasks=3)
    assert [item.task_key for item in studio.items(plan.id)] == ["1", "2", "3"]
    assert plan.plan_notes == ["4 more tasks lack their output, beyond --max-tasks 3"]
    control.start(studio.resources, plan.id, "ann", approved=False)
    run, _ = work(studio.bench(), plan.id)
    assert (run.state, len(studio.rows())) == (RunState.SUCCEEDED, 3)
    assert run.after is not None
    assert run.after["missing"] == 4


def test_more_than_the_cap_or_the_share_needs_a_person_and_the_approval_is_kept(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(110, kept=90), repair_cap=120, repair_share=0.5, repair_preview=0)
    capped, shared, both = (
        studio.plan(cap=109),
        studio.plan(start=(DAY_AGO - timedelta(days=3)).isoformat()),
        studio.plan(task_ids=[str(each) for each in range(1, 100)]),
    )
    assert capped.needs_approval == "110 tasks are more than the cap of 109 (repair_cap)"
    assert shared.needs_approval == "110 of 200 tasks are more than 50% of the window (repair_share)"
    assert both.needs_approval is None
    with pytest.raises(RepairRefused, match=r"more than the cap of 109.*approve it with --yes"):
        control.start(studio.resources, capped.id, "bob", approved=False)
    run = control.start(studio.resources, capped.id, "bob", approved=True)
    assert (run.state, run.approved_by) == (RunState.RUNNING, "bob")
    with studio.resources.reader.connect() as connection:
        assert [(event.type, event.actor) for event in events_of(connection, capped.id)] == [
            ("approval_needed", "ann"),
            ("started", "bob"),
        ]


def test_a_plan_of_another_database_or_rule_or_of_long_ago_is_refused(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(2))
    plan = studio.plan()
    child = DEFAULT_RULE.child.model_copy(update={"columns": {"file_url": "fileUrl"}})
    other_rule = Settings(rules=(DEFAULT_RULE.model_copy(update={"child": child}),))
    changed = Resources(other_rule, engine, engine, engine)
    with pytest.raises(RepairRefused, match=r"rule task-outputs has changed since plan .* was made; make a new one"):
        control.start(changed, plan.id, "ann", approved=False)
    with engine.begin() as connection:
        connection.execute(update(repair_runs).values(target="0123456789abcdef"))
    with pytest.raises(RepairRefused, match="was made for another database; make a new one here"):
        control.start(studio.resources, plan.id, "ann", approved=False)
    with engine.begin() as connection:
        connection.execute(update(repair_runs).values(target=plan.target, planned_at=DAY_AGO - timedelta(hours=1)))
    with pytest.raises(RepairRefused, match=r"is 1d1h\S* old, more than repair_plan_age \(1d\); make a new one"):
        control.start(studio.resources, plan.id, "ann", approved=False)
    assert studio.rows() == []


def test_a_scope_has_one_live_run_and_a_new_one_when_that_has_ended(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(2))
    first, new = open_repair(studio.resources, order_of(task_ids=["1", "2"]))
    again, second = open_repair(studio.resources, order_of(task_ids=["2", "01"], actor="bob"))
    assert (new, second, again.id) == (True, False, first.id)
    make_plan(studio.bench(), first.id, "ann")
    control.start(studio.resources, first.id, "ann", approved=False)
    assert open_repair(studio.resources, order_of(task_ids=["1", "2"]))[0].id == first.id
    other, is_other = open_repair(studio.resources, order_of(task_ids=["1"]))
    assert is_other
    control.cancel(studio.resources, other.id, "ann")
    work(studio.bench(), first.id)
    third, new = open_repair(studio.resources, order_of(task_ids=["1", "2"]))
    assert (new, third.id != first.id) == (True, True)
    assert {item.state for item in studio.items(make_plan(studio.bench(), third.id, "ann").id)} == {"skipped_present"}


def test_the_foremost_run_goes_on_or_else_is_the_newest(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(2))
    with studio.resources.reader.connect() as connection:
        assert foremost_run(connection) is None
    goes_on, newest = studio.plan(task_ids=["1"]), studio.plan(task_ids=["2"])
    control.start(studio.resources, goes_on.id, "ann", approved=False)
    found = []
    for _ in range(2):
        with studio.resources.reader.connect() as connection:
            run = foremost_run(connection)
        found.append(run and run.id)
        control.cancel(studio.resources, goes_on.id, "ann")
    assert found == [goes_on.id, newest.id]


def test_of_two_plans_of_a_scope_one_is_applied_at_a_time(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(2))
    plans = [studio.plan(dry_run=True) for _ in range(2)]
    control.start(studio.resources, plans[0].id, "ann", approved=False)
    with pytest.raises(RepairRefused, match=f"run {plans[0].id} of the same scope is not over; wait for it"):
        control.start(studio.resources, plans[1].id, "ann", approved=False)
    work(studio.bench(), plans[0].id)
    with pytest.raises(RepairRefused, match="2 of 2 tasks have changed since plan"):
        control.start(studio.resources, plans[1].id, "ann", approved=False)


def test_who_asks_twice_by_one_message_gets_one_run_also_when_it_has_ended(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(1))
    first, _ = open_repair(studio.resources, order_of(slot="task 1"))
    control.cancel(studio.resources, first.id, "ann")
    again, new = open_repair(studio.resources, order_of(slot="task 1"))
    assert (again.id, again.state, new) == (first.id, RunState.CANCELLED, False)


def test_a_plan_is_made_by_one_hand(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    run, _ = open_repair(studio.resources, order_of())
    seen: list[RunState] = []

    def asked_meanwhile() -> Answer:
        seen.append(make_plan(studio.bench(), run.id, "bob").state)
        return Answer(Kind.LATER)

    studio.shelf.answers = {"p-2": asked_meanwhile}
    assert make_plan(studio.bench(), run.id, "ann").state is RunState.PLANNED
    assert seen == [RunState.PLANNING]
    assert len(studio.items(run.id)) == 3


def test_whoever_takes_over_from_a_planner_that_has_fallen_silent_plans_alone(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(3))
    run, _ = open_repair(studio.resources, order_of())

    def taken_over() -> Answer:
        with engine.begin() as connection:
            connection.execute(update(repair_runs).values(heartbeat_at=DAY_AGO))
        studio.shelf.answers = {}
        assert make_plan(studio.bench(), run.id, "bob").state is RunState.PLANNED
        return Answer(Kind.LATER)

    studio.shelf.answers = {"p-2": taken_over}
    plan = make_plan(studio.bench(), run.id, "ann")
    assert plan.state is RunState.PLANNED
    assert [item.outcome_code for item in studio.items(run.id)] == [None, None, None]
    with studio.resources.reader.connect() as connection:
        assert [(event.type, event.actor) for event in events_of(connection, run.id)] == [("planned", "bob")]


def test_what_was_not_repaired_can_be_tried_again(engine: Engine) -> None:
    studio = studio_of(engine, lost_tasks(6))
    studio.shelf.answers = {"p-2": Answer(Kind.GONE), "p-4": Answer(Kind.BAD_ITEM), "p-5": Answer(Kind.NO_OUTPUT)}
    plan = studio.plan()
    with pytest.raises(RepairRefused, match="is planned; only an ended run can be tried again"):
        control.redrive(studio.resources, plan.id, "ann")
    control.start(studio.resources, plan.id, "ann", approved=False)
    work(studio.bench(), plan.id)
    studio.shelf.answers = {"p-5": Answer(Kind.NO_OUTPUT)}
    again, new = control.redrive(studio.resources, plan.id, "ann")
    assert (new, again.parent_run_id, again.scope["task_ids"]) == (True, plan.id, ["2", "4", "5"])
    assert control.redrive(studio.resources, plan.id, "bob") == (again, False)
    make_plan(studio.bench(), again.id, "ann")
    control.start(studio.resources, again.id, "ann", approved=False)
    run, _ = work(studio.bench(), again.id)
    assert run.state is RunState.SUCCEEDED_WITH_LEFTOVERS
    assert Counter(row.task_id for row in studio.rows()) == Counter([1, 2, 3, 4, 6])
    studio.shelf.answers = {}
    third = redone(studio, run.id)
    assert third is RunState.SUCCEEDED
    with pytest.raises(RepairRefused, match="has left nothing to try again"):
        control.redrive(studio.resources, studio_latest(studio), "ann")


def redone(studio: Studio, run_id: str) -> RunState:
    again, _ = control.redrive(studio.resources, run_id, "ann")
    make_plan(studio.bench(), again.id, "ann")
    control.start(studio.resources, again.id, "ann", approved=False)
    return work(studio.bench(), again.id)[0].state


def studio_latest(studio: Studio) -> str:
    return str(studio.read(select(repair_runs.c.id).order_by(repair_runs.c.created_at.desc()).limit(1))[0].id)
