"""Checks and repairs are kept as events, once, and told to people by their alerts alone."""

import pytest
from sqlalchemy import Engine

from compensation.states import RunState
from consistency.database import transaction
from consistency.events import OWN_TYPES
from consistency.ledger.events import find_events, untold_events
from monitoring.figures.status import comprehensive_status
from notifiers.telling import tell_check, tell_repair
from tests.factories.newsroom import Newsroom, newsroom_of


@pytest.fixture
def room(engine: Engine) -> Newsroom:
    return newsroom_of(engine)


def kept(room: Newsroom) -> dict[str, str]:
    """The types of the events by their ids."""
    with transaction(room.resources.store) as connection:
        assert untold_events(connection, 10) == []
        return {each.id: each.event.event_type for each in find_events(connection)}


def test_a_check_is_kept_once_and_told_by_its_alert(room: Newsroom) -> None:
    check_id = room.check(300)
    for _ in range(3):
        tell_check(room.resources, check_id)
    assert kept(room) == {f"check-{check_id}": "health_check"}
    room.hurry()
    tell_check(room.resources, check_id)
    assert room.notices() == []
    with transaction(room.resources.store) as connection:
        found = comprehensive_status(connection, room.settings, room.at(30))
    (said,) = found["health_checks"]
    assert (found["status"], said["part"], said["metrics"]["missing"]) == ("unhealthy", "task-outputs full", 300)


def test_each_step_of_a_repair_is_kept_once(room: Newsroom) -> None:
    numbers = room.repair(("planned", {"planned": 3}), ("started", {}), ("failed", {"reason": "no plan"}))
    for number in (*numbers, *numbers):
        tell_repair(room.resources, number)
    assert kept(room) == {
        "repair-run-1-1": "repair_planned",
        "repair-run-1-2": "repair_started",
        "repair-run-1-3": "repair_failed",
    }
    assert [notice.event_type for notice in room.notices()] == ["repair_failed"]


def test_a_ledger_of_its_own_keeps_the_repairs_of_the_application(postgres: Engine, sqlite: Engine) -> None:
    room = newsroom_of(postgres, sqlite)
    (number,) = room.repair(("cancelled", {"by": "ann"}))
    tell_repair(room.resources, number)
    assert kept(room) == {"repair-run-1-1": "repair_cancelled"}


def test_every_state_of_a_repair_and_every_event_beside_has_a_type() -> None:
    steps = {*map(str, RunState), "approval_needed", "started", "resumed"} - {"planning", "running"}
    assert {f"repair_{step}" for step in steps} == set(OWN_TYPES)
