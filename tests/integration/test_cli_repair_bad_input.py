"""Whatever a person gets wrong with a repair: one line that names it, the documented exit code, and nothing written."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consistency.database import connect
from consistency.mapping import DEFAULT_RULE
from tests.factories.default_app import make_application
from tests.factories.desk import Desk, desk_on, settings_of
from tests.factories.studio import lost_tasks

UNKNOWN = "1f6c0f9e-6a51-4a5e-9c3d-2f1f0f6f7c11"


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with desk_on(sqlite_url, tmp_path, monkeypatch) as found:
        (tmp_path / "empty.txt").touch()
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
        yield found


def refused(desk: Desk, *arguments: str, code: int = 2, stdin: str | bytes | None = None) -> str:
    """The one line about what is wrong."""
    found, out, err = desk.run(*arguments, stdin=stdin)
    assert (found, out) == (code, ""), err
    (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert line == err.splitlines()[-1]
    return line


@pytest.mark.parametrize("command", ["repair plan --local", "compensate --local", "repair apply --local"])
@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("--task-ids 1,x", "--task-ids: 'x' cannot be a tasks.id"),
        ("--task-ids 1,99,98", "--task-ids: 2 of 3 ids are not in tasks: 99, 98"),
        ("--task-ids @empty.txt", "--task-ids: empty.txt holds no ids; name some"),
        ("--task-ids @missing.txt", "--task-ids: missing.txt cannot be read: No such file or directory"),
        ("--task-ids @provider", "--task-ids: provider cannot be read: Is a directory"),
        ("--task-ids @binary", "--task-ids: binary cannot be read: it is no text in UTF-8"),
        ("--task-ids @", "--task-ids: @ must be followed by the name of a file"),
        ("--task-ids ,", "--task-ids: ',' names no ids"),
        ("--task-ids 1 --start-date now-1d", "--task-ids: cannot be combined with --start-date or --end-date"),
        ("--task-ids 1 --end-date now", "--task-ids: cannot be combined with --start-date or --end-date"),
        ("--start-date soon", "--start-date: 'soon' is no date"),
        ("--start-date 2999-01-01", "--start-date: 2999-01-01 is in the future"),
        ("--start-date now-1h --end-date now-2h", "--end-date: "),
        ("--rule nope", "--rule: there is no rule 'nope'; known are task-outputs"),
        ("--batch-size 0", "'--batch-size': 0 is not in the range"),
        ("--batch-size many", "'--batch-size': 'many' is not a valid integer"),
        ("--max-tasks 0", "'--max-tasks': 0 is not in the range"),
    ],
)
def test_a_wrong_flag_is_named_and_no_run_is_left(desk: Desk, command: str, flags: str, told: str) -> None:
    assert told in refused(desk, *command.split(), *flags.split())
    assert desk.json("repair", "list")["runs"] == []
    assert desk.written() == Counter([6, 7])


@pytest.mark.parametrize(
    ("stdin", "told"),
    [("", "--task-ids: stdin holds no ids"), (b"\xff\xfe", "--task-ids: stdin cannot be read: it is no text in UTF-8")],
)
def test_a_stdin_without_ids_is_named(desk: Desk, stdin: str | bytes, told: str) -> None:
    assert told in refused(desk, "repair", "plan", "--local", "--task-ids", "-", stdin=stdin)


@pytest.mark.parametrize(
    "command", ["apply", "status", "items", "events", "pause", "resume", "cancel", "redrive", "rollback"]
)
def test_an_unknown_run_is_named(desk: Desk, command: str) -> None:
    line = refused(desk, "repair", command, UNKNOWN)
    assert line == (f"Error: run_id: there is no repair run '{UNKNOWN}' in this database; `reconcilery repair list`")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("repair", None),
        ("repair aply", "No such command 'aply'. Did you mean 'apply'?"),
        ("repair pause", "Missing argument 'RUN_ID'"),
        ("repair items X --state finished", "'--state': 'finished' is not one of 'pending'"),
        ("repair list --limit 0", "'--limit': 0 is not in the range"),
        ("compensate --no-wait --local", "--no-wait cannot be combined with --wait or --local"),
        ("compensate --wait 5 --local", "--wait cannot be combined with --local"),
        ("compensate --wait -1", "'--wait': -1.0 is not in the range"),
        (f"repair apply {UNKNOWN} --task-ids 1", "it cannot be combined with --task-ids"),
        (f"repair apply {UNKNOWN} --max-tasks 1", "it cannot be combined with --max-tasks"),
    ],
)
def test_a_wrong_usage_is_told(desk: Desk, arguments: str, told: str | None) -> None:
    code, _, err = desk.run(*arguments.split())
    assert code == 2
    assert (told or "Usage: ") in err


@pytest.mark.parametrize("command", ["repair plan --local", "compensate --local", "repair status", "repair list"])
def test_without_own_tables_the_command_that_makes_them_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    url = f"sqlite:///{tmp_path / 'application.db'}"
    make_application(url, lost_tasks(1))
    for name, value in settings_of(url, tmp_path / "provider").items():
        monkeypatch.setenv(name, value)
    code, out, err = Desk.run(*command.split())
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "run `reconcilery init` once" in err


def test_without_any_run_the_command_that_makes_one_is_named(desk: Desk) -> None:
    line = refused(desk, "repair", "status", code=1)
    assert line == "Error: there is no repair run yet; `reconcilery repair plan` makes one"
    assert desk.run("repair", "list") == (0, "", "There is no repair run yet; reconcilery repair plan makes one.\n")


@pytest.mark.parametrize("command", ["repair plan --local", "compensate --local"])
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("RECONCILERY_PROVIDER", "runninghub", "runninghub_api_key is not set: set RUNNINGHUB_API_KEY"),
        ("RECONCILERY_PROVIDER", "https://provider.example/tasks", "provider"),
        ("RECONCILERY_LOG_DIR", "/proc/nothing", "log_dir: /proc/nothing"),
    ],
)
def test_a_setting_that_keeps_from_repairing_is_named_and_no_run_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str, told: str
) -> None:
    with monkeypatch.context() as changed:
        changed.setenv(name, value)
        assert told in refused(desk, *command.split())
    assert desk.json("repair", "list")["runs"] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"child": {"columns": {}}}, "rules.task-outputs.child.columns: not mapped"),
        ({"parent": {"provider_task_id": ""}}, "rules.task-outputs.parent.provider_task_id: not mapped"),
        ({"child": {"columns": {"file_url": "$task.nope"}}}, "file_url = '$task.nope' names no column of tasks"),
    ],
)
def test_a_mapping_that_cannot_be_repaired_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], told: str
) -> None:
    rule = DEFAULT_RULE.model_dump(mode="json")
    for side, keys in change.items():
        rule[side].update(keys)
    monkeypatch.setenv("RECONCILERY_RULES", json.dumps([rule]))
    assert told in refused(desk, "repair", "plan", "--local")


def planned(desk: Desk) -> str:
    run_id: str = desk.json("repair", "plan", "--local")["run_id"]
    return run_id


def test_a_plan_of_a_rule_that_has_changed_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = planned(desk)
    rule = DEFAULT_RULE.model_dump(mode="json") | {"grace": "20m"}
    monkeypatch.setenv("RECONCILERY_RULES", json.dumps([rule]))
    assert "rule task-outputs has changed since plan" in refused(desk, "repair", "apply", run_id, "--local", code=1)


def test_a_plan_of_a_rule_that_is_gone_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = planned(desk)
    rule = DEFAULT_RULE.model_dump(mode="json") | {"id": "other"}
    monkeypatch.setenv("RECONCILERY_RULES", json.dumps([rule]))
    assert "there is no rule 'task-outputs'" in refused(desk, "repair", "apply", run_id, "--local")
    assert desk.run("repair", "status", run_id)[0] == 0


def test_an_old_plan_is_refused(desk: Desk) -> None:
    run_id = planned(desk)
    with desk.studio.resources.primary.begin() as connection:
        connection.exec_driver_sql("UPDATE reconcilery_repair_runs SET planned_at = '2026-01-01 00:00:00.000000'")
    assert "old, more than repair_plan_age (1d); make a new one" in refused(
        desk, "repair", "apply", run_id, "--local", code=1
    )


def test_a_plan_of_another_database_is_refused(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = planned(desk)
    copy = tmp_path / "copy.sqlite"
    desk.studio.resources.primary.dispose()
    copy.write_bytes((tmp_path / "database.sqlite").read_bytes())
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", f"sqlite:///{copy}")
    assert "was made for another database" in refused(desk, "repair", "apply", run_id, "--local", code=1)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("apply", "is succeeded; only a plan can be applied"),
        ("pause", "is succeeded; it cannot become paused"),
        ("resume", "is succeeded; it cannot become running"),
        ("cancel", "is succeeded; it cannot become cancelled"),
        ("redrive", "has left nothing to try again"),
    ],
)
def test_what_an_ended_run_cannot_do_is_told(desk: Desk, command: str, told: str) -> None:
    run_id = desk.json("compensate", "--local")["run_id"]
    flags = ["--local"] if command in {"apply", "resume", "redrive"} else []
    assert told in refused(desk, "repair", command, run_id, *flags, code=1)


def test_what_a_plan_cannot_do_is_told(desk: Desk) -> None:
    run_id = planned(desk)
    assert "there is nothing to roll back" in refused(desk, "repair", "rollback", run_id, "--local", code=1)
    assert "there is nothing to roll back" in refused(desk, "repair", "rollback", run_id, "--dry-run", code=1)
    assert "only an ended run can be tried again" in refused(desk, "repair", "redrive", run_id, "--local", code=1)


@pytest.mark.parametrize("command", ["compensate", "repair apply", "compensate --no-wait"])
def test_without_redis_nothing_is_started_and_the_plan_stays(desk: Desk, command: str) -> None:
    line = refused(desk, *command.split(), code=69)
    (run,) = desk.json("repair", "list")["runs"]
    assert f"Nothing was started; the plan stays: reconcilery repair apply {run['run_id']}" in line
    assert (run["state"], run["started_at"], desk.written()) == ("planned", None, Counter([6, 7]))
    assert desk.json("repair", "apply", run["run_id"], "--local")["state"] == "succeeded"


def test_without_redis_nothing_is_rolled_back(desk: Desk) -> None:
    run_id = desk.json("compensate", "--local")["run_id"]
    assert f"Nothing was started; run {run_id} stays succeeded" in refused(desk, "repair", "rollback", run_id, code=69)
    assert desk.json("repair", "status")["state"] == "succeeded"


def test_a_database_without_the_table_is_one_line(desk: Desk) -> None:
    with desk.studio.resources.primary.begin() as connection:
        connection.exec_driver_sql("DROP TABLE task_outputs")
    assert "rules.task-outputs.child.table: there is no table" in refused(desk, "compensate", "--local")


def test_what_a_database_holds_cannot_steer_the_terminal(desk: Desk) -> None:
    engine = connect(str(desk.studio.resources.primary.url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE tasks SET provider_task_id = 'x' || char(27) || '[2J' WHERE id = 1")
    engine.dispose()
    run_id = planned(desk)
    for command in (["status", run_id], ["items", run_id], ["events", run_id], ["list"]):
        code, out, err = desk.run("repair", *command)
        assert (code, "\x1b" in out + err) == (0, False)


@pytest.mark.parametrize(
    "command",
    ["repair", "compensate", *(f"repair {name}" for name in ("plan", "apply", "status", "list", "items", "events"))]
    + [f"repair {name}" for name in ("pause", "resume", "cancel", "redrive", "rollback")],
)
def test_every_help_ends_with_an_example(desk: Desk, command: str) -> None:
    code, out, _ = desk.run(*command.split(), "-h")
    assert code == 0
    assert "Example: reconcilery " in out.strip().splitlines()[-1] + out.strip().splitlines()[-2]
