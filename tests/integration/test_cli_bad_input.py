"""Whatever a person gets wrong: one line that names it, the documented exit code, and nothing written."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect

from cli.main import reconcilery
from consistency.database import connect
from consistency.ledger.schema import create_or_upgrade
from tests.factories.default_app import AppTask, make_application

HOSTILE = 'tasks"; drop table x;--'


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'application.db'}"
    make_application(url, [AppTask(1, datetime.now(UTC) - timedelta(minutes=30))])
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", url)
    return url


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(reconcilery, arguments, prog_name="reconcilery")
    return result.exit_code, result.stdout, result.stderr


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("chek", "No such command 'chek'. Did you mean 'check'?"),
        ("check", "Missing argument '{quick|full|deep|range}'"),
        ("check weekly", "'weekly' is not one of 'quick', 'full', 'deep', 'range'"),
        ("check quick --fail-on bad", "'--fail-on': 'bad' is not one of"),
        ("check quick --wait -1", "'--wait': -1.0 is not in the range"),
        ("check quick --no-wait --local", "--no-wait cannot be combined"),
        ("check quick --local --rule nope", "--rule: there is no rule 'nope'; known are task-outputs"),
        ("check quick --local --start-date 2026-02-30", "--start-date: '2026-02-30' is no date"),
        ("check quick --local --start-date now-1h --end-date now-2h", "--end-date: "),
        ("check quick --local --start-date 2999-01-01", "--start-date: 2999-01-01 is in the future"),
        ("check range --local --start-date now-2h --compare-at now-3h", "--compare-at: "),
        ("missing --start-date soon", "--start-date: 'soon' is no date"),
        ("missing --limit 0", "'--limit': 0 is not in the range"),
        ("missing --group-by nope", "--group-by: table 'tasks' has no column 'nope'"),
        ("missing --csv x --json", "--csv cannot be combined with --json or --group-by"),
        ("missing --csv no/such/folder.csv", "--csv: no/such/folder.csv cannot be written"),
        ("probe worker --max-age soon", "--max-age: 'soon' is no duration"),
        ("probe api2", "'api2' is not one of"),
    ],
)
def test_a_wrong_argument_is_named(application: str, tmp_path: Path, arguments: str, told: str) -> None:
    code, out, err = run(*arguments.split())
    assert (code, out) == (2, "")
    (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert told in line
    assert [path.name for path in tmp_path.iterdir()] == ["application.db"]


@pytest.mark.parametrize(
    "command", ["check quick --local", "check quick", "missing", "status", "schedule show", "init"]
)
@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("RECONCILERY_TIMEZONE", "Asia/Shangai", "did you mean Asia/Shanghai?"),
        ("RECONCILERY_DATABSE_URL", "x", "RECONCILERY_DATABSE_URL is not a known variable"),
        ("RECONCILERY_DATABASE_URL", "oracle://scott@127.0.0.1/x", "RECONCILERY_DATABASE_URL"),
        ("RECONCILERY_DATABASE_URL", "", "database_url: no database is configured"),
        ("RECONCILERY_CONFIG", "missing.toml", "RECONCILERY_CONFIG: missing.toml cannot be read"),
    ],
)
def test_a_broken_setting_is_named(
    application: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: str,
    variable: str,
    value: str,
    told: str,
) -> None:
    monkeypatch.setenv(variable, value)
    code, out, err = run(*command.split())
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert told in err
    assert [path.name for path in tmp_path.iterdir()] == ["application.db"]


@pytest.mark.parametrize("command", ["check quick --local", "missing"])
@pytest.mark.parametrize(
    ("side", "key", "value", "told"),
    [
        ("parent", "table", HOSTILE, "rules.mine.parent.table: there is no table"),
        ("parent", "id", "id) --", "rules.mine.parent.id: table 'tasks' has no column"),
        ("parent", "provider_task_id", "x\n\x1b[2J", "rules.mine.parent.provider_task_id"),
        ("child", "fk", HOSTILE, "rules.mine.child.fk"),
        ("parent", "tz", "Mars/Olympus", "tz"),
    ],
)
def test_a_hostile_or_wrong_name_in_the_mapping_is_refused(
    application: str, monkeypatch: pytest.MonkeyPatch, command: str, side: str, key: str, value: str, told: str
) -> None:
    rule: dict[str, Any] = {
        "id": "mine",
        "parent": {
            "table": "tasks",
            "id": "id",
            "state": "status",
            "state_in": ["SUCCESS"],
            "done_at": ["completed_at"],
        },
        "child": {"table": "task_outputs", "fk": "task_id"},
    }
    rule[side][key] = value
    monkeypatch.setenv("RECONCILERY_RULES", json.dumps([rule]))
    code, out, err = run(*command.split())
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err
    assert set(inspect(create_engine(application)).get_table_names()) == {"tasks", "task_outputs"}


@pytest.mark.parametrize(
    "command", ["check quick --local", "check quick", "missing", "status", "schedule show", "init"]
)
@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://u:hunter2@127.0.0.1:1/x", "mysql+pymysql://u:hunter2@127.0.0.1:1/x"]
)
def test_a_database_that_is_down_is_one_line(monkeypatch: pytest.MonkeyPatch, command: str, url: str) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", url)
    code, out, err = run(*command.split())
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "is not available" in err
    assert "hunter2" not in err


@pytest.mark.parametrize("command", ["check quick", "check quick --no-wait", "status", "schedule show"])
def test_without_own_tables_the_command_that_makes_them_is_named(application: str, command: str) -> None:
    code, out, err = run(*command.split())
    assert (code, out) == (1, "")
    assert err.splitlines() == [last_line(err)]
    assert "run `reconcilery init` once" in err


def test_a_read_only_database_can_be_checked_but_not_written(
    application: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", f"sqlite:///file:{tmp_path / 'application.db'}?mode=ro&uri=true")
    code, out, err = run("init")
    assert (code, out) == (1, "")
    assert "readonly database" in last_line(err)
    code, out, err = run("check", "quick", "--local", "--json")
    assert (code, json.loads(out)["counts"]["tasks"]) == (0, 1)
    assert "is not remembered" in err


def test_a_read_only_database_with_own_tables_is_one_line(
    application: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(application)
    create_or_upgrade(engine)
    engine.dispose()
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", f"sqlite:///file:{tmp_path / 'application.db'}?mode=ro&uri=true")
    code, out, err = run("check", "quick", "--local")
    assert (code, out) == (1, "")
    assert "readonly database" in last_line(err)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command", ["", "check", "missing", "status", "schedule", "schedule show", "init", "probe", "version"]
)
def test_every_help_is_short_to_reach_and_ends_with_an_example(command: str) -> None:
    code, out, _ = run(*command.split(), "-h")
    assert code == 0
    assert last_line(out).strip().startswith("Example: reconcilery ")
