"""From what happens to a repair to the messages about it, and to the end of the alerts that it has made good."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from consistency.database import connect
from consistency.errors import BadRequest
from consistency.ledger.delivery_tables import deliveries, notices
from consistency.model import Level, Window
from notifiers.alerts.alert import AlertState
from notifiers.sweeping import sweep_all
from notifiers.telling import tell_check, tell_repair
from tests.factories.newsroom import Newsroom, newsroom_of

WHOLE = ("succeeded", {"counts": {"done": 300}, "before": {"missing": 300}, "after": {"missing": 0}})
PART = (
    "succeeded_with_leftovers",
    {"counts": {"done": 290, "upstream_gone": 10}, "before": {"missing": 300}, "after": {"missing": 10}},
)
ROLLED_BACK = {"deleted": 7, "kept_changed": 0, "gone": 0, "kept": []}


@pytest.fixture
def room(sqlite: Engine, tmp_path: Path) -> Newsroom:
    return newsroom_of(sqlite, log_dir=tmp_path / "logs")


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Callable[[Engine], Newsroom]]:
    """Makes a room whose ledger lies in a SQLite file of its own."""
    store = connect(f"sqlite:///{tmp_path / 'ledger.sqlite'}", own_file=True)
    yield lambda engine: newsroom_of(engine, store, log_dir=tmp_path / "logs")
    store.dispose()


def alarmed(room: Newsroom, kind: str = "full") -> str:
    """A critical alert that both channels were told of; its id."""
    tell_check(room.resources, room.check(300, kind=kind))
    (alert,) = room.alerts()
    assert (alert.state, room.reasons()) == (AlertState.FIRING, ["first"])
    return alert.id


def happened(room: Newsroom, *events: tuple[str, dict[str, Any]], **columns: Any) -> list[dict[str, Any]]:
    return [tell_repair(room.resources, number).answer for number in room.repair(*events, **columns)]


def test_a_repair_that_restored_everything_ends_the_alert_at_once_and_says_how_to_undo_it(engine: Engine) -> None:
    room = newsroom_of(engine)
    alarmed(room)
    (answer,) = happened(room, WHOLE)
    assert answer["verdict"] == "succeeded: repair run-1"
    (alert,) = room.alerts()
    assert (alert.state, alert.repair) == (
        AlertState.RESOLVED,
        {"run_id": "run-1", "restored": 300, "wanted": 300},
    )
    for channel in ("chat", "mail"):
        first, last = room.messages(channel)
        assert (last.reason, last.thread) == ("all_resolved", first.thread)
        (ended,) = last.resolved
        assert ended.repaired is not None
        assert (ended.repaired.run_id, ended.repaired.restored, ended.repaired.wanted) == ("run-1", 300, 300)
        (notice,) = last.notices
        assert "300 of 300" in notice.message
        assert "reconcilery repair rollback run-1" in json.dumps(notice.body)


def test_the_end_of_a_quick_checks_alert_needs_no_second_good_check_after_a_whole_repair(room: Newsroom) -> None:
    alarmed(room, kind="quick")
    happened(room, WHOLE)
    assert [alert.state for alert in room.alerts()] == [AlertState.RESOLVED]


def test_a_repair_that_restored_a_part_ends_nothing_and_says_so(room: Newsroom) -> None:
    alarmed(room)
    happened(room, PART, state="succeeded_with_leftovers")
    (alert,) = room.alerts()
    assert (alert.state, alert.repair) == (AlertState.FIRING, {"run_id": "run-1", "restored": 290, "wanted": 300})
    (notice,) = room.notices()
    assert "290 of 300 outputs restored, 10 still missing" in notice.message
    assert room.messages()[-1].resolved == ()


#: Scopes of repairs after which nothing is missing in them, that are not all of the alert's window.
NARROWER: list[dict[str, object]] = [
    {"scope": json.dumps({"task_ids": 3})},
    {"scope": json.dumps({"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"})},
]


@pytest.mark.parametrize("columns", NARROWER, ids=["named tasks", "another window"])
def test_a_repair_of_less_than_the_alerts_window_ends_nothing(room: Newsroom, columns: dict[str, object]) -> None:
    alarmed(room)
    happened(room, WHOLE, **columns)
    assert [alert.state for alert in room.alerts()] == [AlertState.FIRING]


def test_a_repair_of_another_rule_ends_nothing(room: Newsroom) -> None:
    alarmed(room)
    happened(room, WHOLE, rule_id="another-rule")
    assert [(alert.state, alert.repair) for alert in room.alerts()] == [(AlertState.FIRING, None)]


def test_a_window_that_has_moved_on_since_is_not_ended_by_what_it_has_left(room: Newsroom) -> None:
    alarmed(room)
    end = room.at(-10)
    happened(room, WHOLE, scope=json.dumps(Window(room.at(-600), end).as_dict()))
    assert [alert.state for alert in room.alerts()] == [AlertState.FIRING]


#: Everything that people hear of a repair: what happened, its level, a part of what is said, the next command.
TOLD: list[tuple[str, dict[str, Any], Level, str, str]] = [
    (
        "approval_needed",
        {"needs_approval": "12 tasks are more than the cap of 8 (repair_cap)"},
        Level.MEDIUM,
        "needs approval: 12 tasks are more than the cap of 8 (repair_cap)",
        "reconcilery repair apply run-1",
    ),
    ("paused", {"reason": "key rejected"}, Level.HIGH, "is paused: key rejected", "reconcilery repair resume run-1"),
    ("failed", {"reason": "no plan"}, Level.HIGH, "has failed: no plan", "reconcilery repair status run-1"),
    ("cancelled", {"by": "ann"}, Level.LOW, "was cancelled by ann", ""),
    (*WHOLE, Level.LOW, "300 of 300 outputs restored", "reconcilery repair rollback run-1"),
    (*PART, Level.MEDIUM, "290 of 300 outputs restored, 10 still missing", "reconcilery repair rollback run-1"),
    ("rolled_back", ROLLED_BACK, Level.LOW, "was rolled back: 7 rows taken back", ""),
    (
        "rolled_back_partial",
        {**ROLLED_BACK, "kept_changed": 2},
        Level.MEDIUM,
        "rolled back in part: 7 rows taken back, 2 kept because somebody has changed them",
        "reconcilery repair status run-1",
    ),
]


@pytest.mark.parametrize(("kind", "payload", "level", "said", "command"), TOLD, ids=[case[0] for case in TOLD])
def test_what_people_hear_of_a_repair_is_told_at_once_with_its_level_and_the_next_command(
    room: Newsroom, kind: str, payload: dict[str, Any], level: Level, said: str, command: str
) -> None:
    happened(room, (kind, payload))
    for channel in ("chat", "mail"):
        (message,) = room.messages(channel)
        (notice,) = message.notices
        assert (message.reason, notice.level, notice.event_type) == ("event", level, f"repair_{kind}")
        assert "run-1" in notice.message
        assert said in notice.message
        assert list(notice.body) == ["timestamp", "event_type", "level", "service", "message", "details", "metrics"]
        assert command in json.dumps(notice.body["details"])


@pytest.mark.parametrize("kind", ["planned", "started", "resumed", "verifying", "rolling_back"])
def test_steps_on_the_way_are_told_to_nobody(room: Newsroom, kind: str) -> None:
    (answer,) = happened(room, (kind, {"planned": 3}))
    assert (answer["told"], answer["deliveries"], room.count(notices)) == (True, 0, 0)


def test_a_plan_of_the_schedule_asks_somebody_to_apply_it(room: Newsroom) -> None:
    happened(room, ("planned", {"planned": 12}), dry_run=True, created_by="schedule")
    (notice,) = room.notices()
    assert (notice.event_type, notice.level) == ("repair_planned", Level.MEDIUM)
    assert "of 12 tasks is planned and waits for somebody to apply it" in notice.message
    assert notice.body["details"]["command"] == "reconcilery repair apply run-1"


def test_what_the_schedule_repairs_by_itself_waits_for_nobody(room: Newsroom) -> None:
    happened(room, ("planned", {"planned": 12}), dry_run=False, created_by="schedule")
    assert room.notices() == []


def test_an_event_told_twice_is_one_message(engine: Engine) -> None:
    room = newsroom_of(engine)
    (number,) = room.repair(("paused", {"reason": "key rejected"}))
    answers = [tell_repair(room.resources, number).answer for _ in range(3)]
    assert [answer["told"] for answer in answers] == [True, False, False]
    assert (room.count(notices), len(room.messages()), len(room.messages("mail"))) == (1, 1, 1)


def test_an_event_that_there_is_not_is_refused_in_one_line(room: Newsroom) -> None:
    with pytest.raises(BadRequest, match="event_id: there is no event 99"):
        tell_repair(room.resources, 99)


def _killed(room: Newsroom, number: int, dies_at: int) -> int:
    order = {
        "database_url": room.resources.primary.url.render_as_string(hide_password=False),
        "store_url": room.resources.store.url.render_as_string(hide_password=False),
        "event_id": number,
        "dies_at": dies_at,
    }
    program = Path(__file__).parent / "telling_program.py"
    done = subprocess.run(
        [sys.executable, str(program), json.dumps(order)], env=dict(os.environ), capture_output=True, check=False
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr.decode()
    return done.returncode


def test_whoever_dies_before_any_commit_loses_nothing_and_doubles_nothing(
    postgres: Engine, apart: Callable[[Engine], Newsroom]
) -> None:
    room = apart(postgres)
    alarmed(room)
    (number,) = room.repair(WHOLE)
    ends, dies_at = [-signal.SIGKILL], 0
    while ends[-1] != 0:
        dies_at += 1
        ends.append(_killed(room, number, dies_at))
        assert dies_at < 20
    # Each death came one commit later, so that the last of these has found all but one commit done before.
    assert len(ends) > 3
    sweep_all(room.resources)
    sweep_all(room.resources)
    for channel in ("chat", "mail"):
        assert room.reasons(channel) == ["first", "all_resolved"]
        assert [notice.event_type for notice in room.notices(channel)] == ["repair_succeeded"]
    assert (room.count(notices), room.count(deliveries)) == (1, 4)
    assert [alert.state for alert in room.alerts()] == [AlertState.RESOLVED]
