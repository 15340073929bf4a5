from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
import pytest

from cli.repair.bar import pace_text
from cli.repair.events import payload_text
from cli.repair.flags import Way, way_of
from cli.repair.plan_text import plan_lines
from cli.repair.run_text import kept_lines, measured_text, run_lines, scope_text, undone_text
from cli.repair.words import OUTCOMES, exit_code_of, next_commands, state_mark
from cli.terminal import fitted
from compensation.progress import Progress
from compensation.states import ItemState, RunState

SHANGHAI = ZoneInfo("Asia/Shanghai")
RUN = "5b2c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11"
MEASURED = {"tasks": 378, "with_outputs": 347, "missing": 31, "completion_rate": 347 / 378}
WHOLE = {"tasks": 378, "with_outputs": 378, "missing": 0, "completion_rate": 1.0}
ITEM = {
    "task_id": "17",
    "provider_task_id": "p-17",
    "task_finished_at": "2026-09-15T03:00:00Z",
    "code": None,
    "detail": None,
    "rows": [{"task_id": 17, "file_url": "https://files.example/17.png", "note": None}],
}


def summary(**changes: Any) -> dict[str, Any]:
    """A run that has ended well."""
    return {
        "run_id": RUN,
        "rule": "task-outputs",
        "state": "succeeded",
        "reason": None,
        "scope": {"start": "2026-09-14T16:00:00Z", "end": "2026-09-15T16:00:00Z"},
        "counts": {"done": 31},
        "rows_written": 31,
        "before": MEASURED,
        "after": WHOLE,
        "needs_approval": None,
        "created_by": "ann@desk",
        "approved_by": None,
        "parent_run_id": None,
        "created_at": "2026-09-15T17:00:00Z",
        "started_at": "2026-09-15T17:00:05Z",
        "finished_at": "2026-09-15T17:00:53Z",
        "progress": {"open": 0, "working": 0, "per_minute": 0.0, "eta_seconds": 0.0, "throttle": None},
        "problems": [],
        **changes,
    }


def lines_of(found: dict[str, Any], width: int | None = None) -> list[str]:
    return run_lines(found, SHANGHAI, width=width, colours=False)


def plan_of(found: dict[str, Any], items: list[dict[str, Any]], width: int | None = None) -> list[str]:
    until = datetime(2026, 9, 16, 17, tzinfo=UTC)
    return plan_lines(found, items, "task_outputs", SHANGHAI, rate=5.0, until=until, width=width, colours=False)


def test_a_run_is_told_in_the_zone_of_the_reader_with_what_comes_next() -> None:
    assert lines_of(summary()) == [
        f"✔ succeeded  run {RUN}",
        "  rule    task-outputs",
        "  scope   tasks that finished 2026-09-15 00:00:00 to 2026-09-16 00:00:00 +08:00",
        "  before  31 of 378 successful tasks lack their output (91.8 % have it)",
        "  after   0 of 378 successful tasks lack their output (100 % have it)",
        "  tasks   31 repaired",
        "  rows    31 written",
        "  by      ann@desk",
        "  when    started 2026-09-16 01:00:05 +08:00, took 48 s",
        f"→ reconcilery repair items {RUN}     lists its tasks with their outcomes",
        f"→ reconcilery repair rollback {RUN}  takes back what it wrote",
    ]


def test_where_a_line_has_no_room_the_next_commands_stand_alone() -> None:
    assert lines_of(summary(), width=80)[-1] == f"→ reconcilery repair rollback {RUN}"


def test_a_run_that_is_slow_says_why() -> None:
    progress = {"open": 19, "working": 2, "per_minute": 12.5, "eta_seconds": 91.0, "throttle": "provider_open"}
    found = summary(
        state="running", after=None, finished_at=None, counts={"pending": 19, "done": 12}, progress=progress
    )
    (pace,) = [line for line in lines_of(found) if line.startswith("  pace")]
    assert pace.split("  ")[-1] == (
        "19 tasks left, 12.5 a minute, about 2 min to go, 2 batches in hand; slowed: provider_open"
    )


def test_a_rollback_names_the_rows_that_were_kept() -> None:
    kept = [
        {"task_id": "2", "output_key": "9#0", "primary_key": [41], "changed": {"file": {"written": "a", "now": "b"}}},
        {"task_id": "3", "output_key": "9#0", "primary_key": [42], "referred_to": "likes"},
    ]
    undone = {"deleted": 28, "kept_changed": 3, "gone": 1, "kept": kept}
    assert undone_text(undone) == "28 rows deleted, 3 kept (somebody has changed them), 1 gone before"
    assert kept_lines(undone) == [
        "  kept: task 2, output 9#0 (row 41): file was 'a', is 'b'",
        "  kept: task 3, output 9#0 (row 42): other rows refer to it (likes)",
        "  … and 1 more",
    ]


def test_a_plan_shows_the_rows_and_how_to_apply_it() -> None:
    found = summary(state="planned", counts={"pending": 30, "quarantined": 1}, after=None, started_at=None)
    refused = {**ITEM, "task_id": "18", "code": "gone", "detail": "not known", "rows": None}
    assert plan_of(found, [ITEM, refused]) == [
        f"Plan {RUN}",
        "  rule     task-outputs",
        "  scope    tasks that finished 2026-09-15 00:00:00 to 2026-09-16 00:00:00 +08:00",
        "  missing  31 of 378 successful tasks lack their output (91.8 % have it)",
        "  repair   30 would be repaired",
        "           1 could not be repaired",
        "  takes    about 6.0 s at 5 calls a second",
        "  valid    until 2026-09-17 01:00:00 +08:00",
        "  + task 17, finished 2026-09-15 11:00:00 +08:00, provider's id p-17",
        "      task_outputs: task_id = 17, file_url = https://files.example/17.png, note = NULL",
        "  ! task 18, finished 2026-09-15 11:00:00 +08:00, provider's id p-17: gone not known",
        "  … and 28 more",
        "Nothing has been written.",
        f"→ reconcilery repair apply {RUN}  repairs them",
        f"→ reconcilery repair items {RUN}  lists all tasks of the plan",
    ]


def test_rows_are_cut_to_the_terminal_and_cannot_steer_it() -> None:
    found = summary(state="planned", counts={"pending": 1}, after=None, started_at=None)
    item = {**ITEM, "rows": [{"file_url": "\x1b[2J" + "x" * 100}]}
    (line,) = [line for line in plan_of(found, [item], width=60) if "file_url" in line]
    assert (len(line), line[-1], "\x1b" in line) == (60, "…", False)


def test_an_empty_plan_says_so_and_offers_nothing() -> None:
    found = summary(state="planned", counts={}, before=WHOLE, after=None, started_at=None)
    assert plan_of(found, [])[-1] == "Nothing to repair, and nothing has been written."


def test_a_plan_that_needs_approval_says_why_and_how() -> None:
    why = "200 tasks are more than the cap of 100 (repair_cap)"
    found = summary(state="planned", counts={"pending": 200}, needs_approval=why, started_at=None)
    lines = plan_of(found, [])
    assert f"  needs approval: {why}" in lines
    assert f"→ reconcilery repair apply {RUN} --yes" in " ".join(lines)


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (None, "not measured"),
        ({"tasks": 0, "with_outputs": 0, "missing": 0}, "no successful tasks"),
        ({"tasks": 3, "with_outputs": 2, "missing": 1}, "1 of 3 successful tasks lacks its output (66.7 % have it)"),
    ],
)
def test_what_was_measured_in_words(measured: dict[str, Any] | None, words: str) -> None:
    assert measured_text(measured) == words


@pytest.mark.parametrize(("number", "words"), [(1, "1 named task"), (12, "12 named tasks")])
def test_named_tasks_are_counted(number: int, words: str) -> None:
    assert scope_text(summary(scope={"task_ids": number}), SHANGHAI) == words


@pytest.mark.parametrize(
    ("state", "counts", "rows", "names"),
    [
        ("planned", {"pending": 3}, 0, ["apply", "items"]),
        ("running", {"pending": 3}, 1, ["pause", "cancel", "items"]),
        ("paused", {"pending": 3}, 1, ["resume", "cancel", "items", "rollback"]),
        ("paused", {"pending": 3}, 0, ["resume", "cancel", "items"]),
        ("succeeded", {"done": 3}, 3, ["items", "rollback"]),
        ("succeeded_with_leftovers", {"done": 2, "upstream_gone": 1}, 2, ["items", "redrive", "rollback"]),
        ("cancelled", {"pending": 3}, 0, ["items", "redrive"]),
        ("rolling_back", {"done": 3}, 2, ["items"]),
        ("rolled_back", {"rolled_back": 3}, 0, ["items"]),
        ("rolled_back_partial", {"rolled_back": 2, "kept_changed": 1}, 1, ["items", "rollback"]),
    ],
)
def test_only_commands_that_make_sense_come_next(
    state: str, counts: dict[str, int], rows: int, names: list[str]
) -> None:
    found = summary(state=state, counts=counts, rows_written=rows)
    assert [name for name, _ in next_commands(found)] == names


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("planned", 0),
        ("running", 0),
        ("succeeded", 0),
        ("rolled_back", 0),
        ("succeeded_with_leftovers", 4),
        ("rolled_back_partial", 4),
        ("paused", 1),
        ("cancelled", 1),
        ("failed", 1),
    ],
)
def test_exit_codes(state: str, code: int) -> None:
    assert exit_code_of(state) == code


def test_every_state_has_its_words() -> None:
    assert set(OUTCOMES) == set(ItemState)
    assert all(state_mark(state, colours=False)[2:] == state.replace("_", " ") for state in RunState)
    assert state_mark("failed", colours=True) != state_mark("failed", colours=False)


@pytest.mark.parametrize(
    ("progress", "throttle", "words"),
    [
        (Progress({ItemState.PENDING: 10}, 0, 0, 0.0, None), None, ""),
        (Progress({ItemState.PENDING: 10, ItemState.DONE: 5}, 5, 1, 120.4, 48.0), None, "120/min, 48 s left"),
        (Progress({ItemState.DONE: 5}, 5, 1, 120.0, 0.0), "a\x1bb", "120/min, slowed: a?b"),
    ],
)
def test_the_pace_in_a_few_words(progress: Progress, throttle: str | None, words: str) -> None:
    assert pace_text(progress, throttle) == words


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({}, ""),
        ({"reason": "wrong key", "other": 1}, "wrong key"),
        ({"tasks": 42, "needs_approval": None, "completion_rate": 0.5}, "tasks 42, completion rate 0.5"),
        ({"counts": {"no_output": 2}, "kept": [1, 2], "empty": []}, "counts (no output 2), kept (2)"),
    ],
)
def test_an_event_on_one_line(payload: dict[str, Any], words: str) -> None:
    assert payload_text(payload) == words


def test_who_does_the_work_and_how_long_it_is_waited_for() -> None:
    assert way_of(local=True, wait=None, no_wait=False) == Way(local=True)
    assert way_of(local=False, wait=5.0, no_wait=False) == Way(local=False, seconds=5.0)
    assert way_of(local=False, wait=None, no_wait=True) == Way(local=False, waits=False)


@pytest.mark.parametrize(("local", "wait", "no_wait"), [(True, None, True), (False, 1.0, True), (True, 1.0, False)])
def test_flags_that_contradict_each_other_are_refused(local: bool, wait: float | None, no_wait: bool) -> None:  # noqa: FBT001 - a table of cases
    with pytest.raises(click.UsageError, match="cannot be combined"):
        way_of(local=local, wait=wait, no_wait=no_wait)


@pytest.mark.parametrize(
    ("line", "cells", "shown"),
    [("abc", None, "abc"), ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("任务任务", 5, "任务…"), ("任务任务", 6, "任务…")],
)
def test_a_line_is_cut_by_the_cells_that_it_takes(line: str, cells: int | None, shown: str) -> None:
    assert fitted(line, cells) == shown
