"""What beat has repaired: a plan for a person, or all by itself within its limits, and nothing on uncertain ground."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from compensation import control
from compensation.runs import Run
from compensation.states import RunState
from consistency.database import transaction
from consistency.ledger.delivery_tables import notices
from consistency.ledger.tables import check_runs
from tests.acceptance.launching import eventually
from tests.acceptance.told import told, told_all
from tests.acceptance.workshop import NODES, Workshop, workshop
from tests.factories.truth import rows_of
from tests.servers.runninghub_process import RemoteRunningHub, runninghub_process

TASKS = 12
RULE = "task-outputs"


def opened_by(
    stack: ExitStack, folder: Path, urls: tuple[str, str], hub: RemoteRunningHub, **settings: str
) -> Workshop:
    """A workshop whose beat asks for repairs every second."""
    place = stack.enter_context(workshop(folder, *urls, hub, TASKS, RECONCILERY_REPAIR_EVERY="1s", **settings))
    place.worker()
    place.beat()
    return place


def scheduled(place: Workshop) -> dict[str, Any]:
    """What one more turn of the schedule says."""
    answer: dict[str, Any] = place.ended(place.publish("scheduled")).result
    return answer


def events(place: Workshop) -> list[str]:
    """What people hear of repairs, apart from the log."""
    with transaction(place.engine.execution_options(readonly=True)) as connection:
        return list(connection.scalars(select(notices.c.event_type).order_by(notices.c.id)))


def newest(place: Workshop, fits: Callable[[Run], bool]) -> Run:
    found = eventually(lambda: next((run for run in place.runs() if fits(run)), None))
    assert found is not None
    return found


def test_a_plan_waits_for_a_person_and_is_told_once(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        hub = stack.enter_context(runninghub_process(nodes=NODES))
        place = opened_by(stack, tmp_path, (sqlite_url, redis_url), hub, RECONCILERY_REPAIR_SCHEDULE="plan")
        plan = newest(place, lambda run: run.state is RunState.PLANNED)
        assert (plan.dry_run, plan.created_by) == (True, "schedule")
        said = [scheduled(place)["left_out"][RULE] for _ in range(3)]
        assert said == [f"plan {plan.id} waits for a person"] * 3
        assert told_all(place, plan.id, "planned") == ["planned"]
        assert events(place) == ["repair_planned"]
        assert ([run.id for run in place.runs()], rows_of(place.engine)) == ([plan.id], [])
        control.start(place.resources, plan.id, "ann", approved=False)
        assert place.ended_run(plan.id).state is RunState.SUCCEEDED
        place.assert_outputs_are_right(TASKS)
        assert scheduled(place)["left_out"] == {RULE: "nothing is missing"}
        assert len(place.runs()) == 1


def test_repairs_by_themselves_stay_within_their_limits(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    limits = {"RECONCILERY_REPAIR_SCHEDULE": "auto", "RECONCILERY_REPAIR_AUTO_MAX": "8"}
    with ExitStack() as stack:
        hub = stack.enter_context(runninghub_process(nodes=NODES))
        place = opened_by(stack, tmp_path, (sqlite_url, redis_url), hub, **limits)
        assert scheduled(place)["left_out"] == {RULE: "no check has ended yet"}
        check_id = place.ended(place.call("deep_check")).result["check_id"]
        # 12 tasks are more than 8, so this is left to a person, and nothing more is begun meanwhile.
        large = newest(place, lambda run: run.state is RunState.PLANNED)
        assert large.needs_approval == "12 tasks are more than the cap of 8 (repair_cap)"
        assert told_all(place, large.id, "approval_needed") == ["approval_needed"]
        assert scheduled(place)["left_out"][RULE] == f"plan {large.id} waits for a person"
        assert (len(place.runs()), rows_of(place.engine)) == (1, [])
        _see(place, check_id, coverage=0.5, health="unknown")
        control.cancel(place.resources, large.id, "ann")
        for task in range(1, 7):
            place.write_originals(task)
        # Only 6 are missing now, but nobody knows what the last check has not seen.
        assert [scheduled(place)["left_out"][RULE] for _ in range(2)] == ["the last deep check is unknown"] * 2
        assert len(place.runs()) == 1
        _see(place, check_id, coverage=1.0, health="degraded")
        small = newest(place, lambda run: run.state is RunState.SUCCEEDED)
        assert (small.created_by, small.approved_by, small.dry_run) == ("schedule", None, False)
        place.assert_outputs_are_right(TASKS)
        expected = ["planned", "started", "verifying", "succeeded"]
        assert sorted(told_all(place, small.id, *expected)) == sorted(expected)
        assert told(place, large.id) == ["approval_needed", "cancelled"]


def _see(place: Workshop, check_id: str, **changes: Any) -> None:
    """The last check is as it would be if it had seen this."""
    mine = check_runs.c.id == check_id
    with transaction(place.engine) as connection:
        report = json.loads(connection.scalar(select(check_runs.c.report).where(mine)) or "")
        connection.execute(update(check_runs).where(mine).values(report=json.dumps({**report, **changes})))
