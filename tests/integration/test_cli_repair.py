"""Repairs on the command line with --local: everything in one process, against a folder as the provider."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from compensation import control
from compensation.plans.opening import RepairOrder, open_repair
from compensation.states import RunState
from tests.factories.default_app import outputs, tasks
from tests.factories.desk import CONTRACT, Desk, desk_on


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with desk_on(sqlite_url, tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def any_desk(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """On each database in turn."""
    with desk_on(database_url, tmp_path, monkeypatch) as found:
        yield found


def test_lost_outputs_are_put_back_and_taken_back_with_one_command_each(any_desk: Desk) -> None:
    code, out, err = any_desk.run("compensate", "--local")
    assert (code, out.splitlines()[0].split("  ")[0]) == (0, "✔ succeeded")
    assert "after   0 of 7 successful tasks lack their output (100 % have it)" in out
    assert any_desk.written() == Counter(range(1, 8))
    assert err.endswith(": 5 tasks to be repaired.\n")
    last = out.splitlines()[-1].split("  ")[0]
    code, out, _ = any_desk.run(*last.removeprefix("→ reconcilery ").split(), "--local")
    assert (code, out.splitlines()[0].split("  ")[0]) == (0, "✔ rolled back")
    assert any_desk.written() == Counter([6, 7])


def test_a_program_gets_the_keys_of_the_contract(desk: Desk) -> None:
    done = desk.json("compensate", "--local", "--max-tasks", "3", "--batch-size", "2")
    assert set(done) >= CONTRACT
    assert (done["state"], done["counts"], done["rows_written"]) == ("succeeded", {"done": 3}, 3)
    assert (done["before"]["missing"], done["after"]["missing"]) == (5, 2)
    assert done["problems"] == ["2 more tasks lack their output, beyond --max-tasks 3"]
    assert desk.json("repair", "status") == desk.json("repair", "status", done["run_id"])
    undone = desk.json("repair", "rollback", done["run_id"], "--local")
    assert set(undone) >= {*CONTRACT, "deleted", "kept_changed", "gone"}
    assert (undone["state"], undone["deleted"]) == ("rolled_back", 3)


def test_the_flags_of_the_group_may_stand_behind_each_of_its_commands(desk: Desk) -> None:
    flags = ("--local", "--yes", "--json")
    run_id = desk.json("repair", "plan", *flags)["run_id"]
    assert desk.json("repair", "status", run_id, *flags)["state"] == "planned"
    assert desk.json("repair", "list", *flags)["runs"][0]["run_id"] == run_id
    assert desk.json("repair", "apply", run_id, *flags)["state"] == "succeeded"
    assert desk.json("repair", "rollback", run_id, *flags)["state"] == "rolled_back"
    run_id = desk.json("repair", "plan", *flags)["run_id"]
    assert desk.json("repair", "cancel", run_id, *flags)["state"] == "cancelled"
    for command in ("pause", "resume"):
        code, _, err = desk.run("repair", command, run_id, *flags)
        assert (code, "No such option" in err) == (1, False)


def test_a_plan_writes_nothing_shows_every_row_and_is_applied_as_it_is(any_desk: Desk) -> None:
    plan = any_desk.json("repair", "plan", "--local")
    assert (plan["state"], plan["dry_run"], any_desk.written()) == ("planned", True, Counter([6, 7]))
    assert [item["task_id"] for item in plan["plan"]] == ["1", "2", "3", "4", "5"]
    assert plan["plan"][0]["decision"] == "repair"
    row = {"task_id": 1, "created_at": "$now", "output_key": "9#0", "file_type": "png"}
    assert plan["plan"][0]["rows"] == [{**row, "file_url": "https://files.example/p-1.png"}]
    done = any_desk.json("repair", "apply", plan["run_id"], "--local")
    assert (done["run_id"], done["state"], done["dry_run"]) == (plan["run_id"], "succeeded", False)
    assert any_desk.written() == Counter(range(1, 8))


def test_a_plan_in_words_ends_with_the_command_that_applies_it(desk: Desk) -> None:
    code, out, _ = desk.run("compensate", "--dry-run", "--local")
    assert code == 0
    assert "task_outputs: task_id = 1, created_at = $now, output_key = 9#0" in out
    assert desk.written() == Counter([6, 7])
    (apply,) = [line for line in out.splitlines() if line.startswith("→ reconcilery repair apply ")]
    assert desk.run(*apply.removeprefix("→ reconcilery ").split("  ")[0].split(), "--local")[0] == 0
    assert desk.written() == Counter(range(1, 8))


def test_a_plan_is_shown_again_by_its_status(desk: Desk) -> None:
    _, planned, _ = desk.run("repair", "plan", "--local")
    assert desk.run("repair", "status") == (0, planned, "")


def test_tasks_are_named_by_flag_file_or_stdin_and_twice_is_once(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("2\n1\n")
    code, out, err = desk.run("repair", "plan", "--local", "--json", "--task-ids", "2,1,2")
    assert (code, [item["task_id"] for item in json.loads(out)["plan"]]) == (0, ["2", "1"])
    assert err == "Note: --task-ids: 1 ids are given more than once; each task is repaired once.\n"
    for where, stdin in (("@ids.txt", None), ("-", "2,1")):
        code, out, err = desk.run("repair", "plan", "--local", "--json", "--task-ids", where, stdin=stdin)
        assert (code, json.loads(out)["scope"], err) == (0, {"task_ids": 2}, "")


def test_named_tasks_that_need_no_repair_say_why(desk: Desk) -> None:
    with desk.studio.resources.primary.begin() as connection:
        connection.execute(update(tasks).where(tasks.c.id == 1).values(status="FAILED"))
    plan = desk.json("repair", "plan", "--local", "--task-ids", "1,2,6")
    decided = [(item["task_id"], item["decision"], item["code"]) for item in plan["plan"]]
    assert decided == [("1", "skip", "not_successful"), ("2", "repair", None), ("6", "skip", "present")]


def test_a_plan_without_anything_to_repair_ends_well_without_worker_or_provider(desk: Desk) -> None:
    desk.json("compensate", "--local")
    code, out, _ = desk.run("repair", "plan", "--local")
    assert (code, out.splitlines()[-1]) == (0, "Nothing to repair, and nothing has been written.")
    done = desk.json("compensate")
    assert (done["state"], done["counts"], done["after"]["missing"]) == ("succeeded", {}, 0)


def test_what_the_provider_does_not_have_is_exit_code_4_and_can_be_tried_again(desk: Desk) -> None:
    (desk.folder / "p-2.json").unlink()
    (desk.folder / "p-4.json").write_text('{"status": "failed", "detail": "out of memory"}')
    done = desk.json("compensate", "--local", code=4)
    assert done["counts"] == {"done": 3, "upstream_failed": 1, "upstream_gone": 1}
    _, out, _ = desk.run("repair", "items", done["run_id"], "--state", "upstream_failed")
    assert out.splitlines()[1].split("  ")[0] == "4"
    assert "out of memory" in out
    desk.deliver("p-2", "p-4")
    plan = desk.json("repair", "redrive", done["run_id"], "--dry-run", "--local")
    assert [item["task_id"] for item in plan["plan"]] == ["2", "4"]
    again = desk.json("repair", "redrive", done["run_id"], "--local")
    assert (again["counts"], again["parent_run_id"]) == ({"done": 2}, done["run_id"])
    assert desk.written() == Counter(range(1, 8))


def test_rows_that_somebody_changed_are_kept_and_named(any_desk: Desk) -> None:
    run_id = any_desk.json("compensate", "--local")["run_id"]
    with any_desk.studio.resources.primary.begin() as connection:
        connection.execute(update(outputs).where(outputs.c.task_id == 2).values(file_type="webp\x1b[2J"))
        connection.execute(delete(outputs).where(outputs.c.task_id == 3))
    rehearsed = any_desk.json("repair", "rollback", run_id, "--dry-run")
    numbers = {"deleted": 3, "kept_changed": 1, "gone": 1}
    assert rehearsed.items() >= {**numbers, "dry_run": True, "state": "succeeded"}.items()
    assert set(rehearsed) >= CONTRACT
    code, out, _ = any_desk.run("repair", "rollback", run_id, "--dry-run")
    assert (code, len(any_desk.written())) == (0, 6)
    assert "file_type was 'png', is 'webp" in out
    code, out, _ = any_desk.run("repair", "rollback", run_id, "--local")
    assert (code, "\x1b" in out) == (4, False)
    assert "undone  3 rows deleted, 1 kept (somebody has changed it), 1 gone before" in out
    assert "kept: task 2, output 9#0 (row " in out
    assert any_desk.written() == Counter([2, 6, 7])


def test_a_plan_over_the_cap_is_applied_only_in_somebodys_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILERY_REPAIR_CAP", "3")
    code, out, err = desk.run("compensate", "--local")
    assert (code, out.splitlines()[0][:5], desk.written()) == (1, "Plan ", Counter([6, 7]))
    assert "needs approval: 5 tasks are more than the cap of 3 (repair_cap)" in out
    last = err.splitlines()[-1]
    assert last.startswith("Error: run ")
    assert "needs approval: 5 tasks are more than the cap of 3 (repair_cap); reconcilery repair apply " in last
    approval = last.partition("; reconcilery ")[2].split()
    assert approval[-1] == "--yes"
    refused = desk.json(*approval[:-1], "--local", code=1)
    assert (refused["state"], refused["needs_approval"] is not None) == ("planned", True)
    done = desk.json(*approval, "--local")
    assert (done["state"], done["approved_by"]) == ("succeeded", done["created_by"])
    assert "@" in done["approved_by"]


def test_a_run_is_paused_resumed_and_cancelled_by_name(desk: Desk) -> None:
    run_id = desk.json("repair", "plan", "--local")["run_id"]
    control.start(desk.studio.resources, run_id, "ann", approved=False)
    paused = desk.json("repair", "pause", run_id, "--reason", "nightly backup")
    assert (paused["state"], paused["reason"]) == ("paused", "nightly backup")
    code, _, err = desk.run("repair", "apply", run_id, "--local")
    assert (code, f"is paused: nightly backup; go on with: reconcilery repair resume {run_id}" in err) == (1, True)
    assert desk.json("repair", "resume", run_id, "--local")["state"] == "succeeded"
    other = desk.json("repair", "plan", "--local", "--task-ids", "1")["run_id"]
    assert desk.json("repair", "cancel", other)["state"] == "cancelled"
    _, out, _ = desk.run("repair", "events", run_id)
    happened = [line.split("  ")[1] for line in out.splitlines()]
    assert happened == ["planned", "started", "paused", "resumed", "verifying", "succeeded"]
    events = desk.json("repair", "events", run_id)["events"]
    assert events[1]["actor"] == "ann"
    assert "@" in events[2]["actor"]
    _, out, _ = desk.run("repair", "list")
    assert [line.split()[0] for line in out.splitlines()[1:]] == [other, run_id]
    assert [run["run_id"] for run in desk.json("repair", "list", "--limit", "1")["runs"]] == [other]


def test_a_provider_that_refuses_pauses_the_run_and_the_reason_is_told(desk: Desk) -> None:
    plan = desk.json("repair", "plan", "--local")
    desk.studio.forget_answers(plan["run_id"])
    for file in desk.folder.iterdir():
        file.unlink()
    desk.folder.rmdir()
    code, out, err = desk.run("repair", "apply", plan["run_id"], "--local")
    assert (code, out.splitlines()[0].split("  ")[0]) == (1, "⚠ paused")
    assert f"is paused: no_folder: the folder {desk.folder} is not there" in err


def test_a_live_run_of_the_same_scope_is_joined(desk: Desk) -> None:
    run, _ = open_repair(desk.studio.resources, RepairOrder(rule_id="task-outputs", actor="bob"))
    with desk.studio.resources.primary.begin() as connection:
        # Whoever planned it died long ago.
        connection.exec_driver_sql("UPDATE reconcilery_repair_runs SET heartbeat_at = '2026-01-01 00:00:00'")
    code, out, err = desk.run("compensate", "--local", "--json", "--max-tasks", "3", "--batch-size", "100")
    done = json.loads(out)
    assert (code, done["run_id"], done["created_by"], done["state"]) == (0, run.id, "bob", "succeeded")
    assert err.splitlines()[:2] == [
        f"Note: joined run {run.id}, which is planning.",
        "Note: --max-tasks 3 does not hold: the run that is joined has no limit.",
    ]


def test_what_a_killed_process_held_is_gone_on_with(desk: Desk) -> None:
    run_id = desk.json("repair", "plan", "--local")["run_id"]
    control.start(desk.studio.resources, run_id, "ann", approved=False)
    code, out, err = desk.run("repair", "apply", run_id, "--local", "--json")
    assert (code, json.loads(out)["state"]) == (0, "succeeded")
    assert f"Note: joined run {run_id}, which is running already." in err


def test_a_plan_whose_tasks_have_changed_is_refused(desk: Desk) -> None:
    run_id = desk.json("repair", "plan", "--local")["run_id"]
    with desk.studio.resources.primary.begin() as connection:
        connection.execute(insert(outputs), {"task_id": 1, "output_key": "9#0"})
    code, out, err = desk.run("repair", "apply", run_id, "--local")
    assert (code, out) == (1, "")
    assert "1 of 5 tasks have changed since plan" in err.splitlines()[-1]
    assert desk.json("repair", "status", run_id)["state"] == RunState.PLANNED


def test_every_item_of_a_large_run_is_printed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compensation.records.PAGE_ROWS", 2)
    plan = desk.json("repair", "plan", "--local")
    assert [item["task_id"] for item in plan["plan"]] == ["1", "2", "3", "4", "5"]
    listed = desk.json("repair", "items", plan["run_id"])
    assert [item["task_id"] for item in listed["items"]] == ["1", "2", "3", "4", "5"]
    none = desk.run("repair", "items", plan["run_id"], "--state", "kept_changed")
    assert none == (0, "", f"Run {plan['run_id']} has no tasks that are kept changed.\n")
