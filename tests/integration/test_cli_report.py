"""`reconcilery report` as a person types it: where it goes, in which language, and what it says to bad input."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import reconcilery
from consistency.database import connect
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.schema import create_or_upgrade
from tests.factories.default_app import AppTask, make_application


@pytest.fixture(autouse=True)
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application of forty tasks, four of which lack their output, that was checked over six hours."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'application.db'}"
    ended = datetime.now(UTC) - timedelta(hours=4)
    tasks = [AppTask(number, ended + timedelta(minutes=number), has_output=number > 3) for number in range(40)]
    make_application(url, tasks)
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", url)
    monkeypatch.setenv("RECONCILERY_TIMEZONE", "Asia/Shanghai")
    engine = connect(url)
    for tables in (LEDGER, REPAIRS):
        create_or_upgrade(engine, tables)
    engine.dispose()
    assert run("check", "range", "--local", "--start-date", "now-6h")[0] == 0


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(reconcilery, arguments, prog_name="reconcilery")
    return result.exit_code, result.stdout, result.stderr


def test_without_a_format_markdown_goes_to_stdout() -> None:
    code, out, err = run("report", "--start-date", "now-6h")
    assert (code, err) == (0, "")
    assert out.startswith("# Report of rule task-outputs, reconcilery\n")
    assert "90.0 % of 40 successful tasks have their output" in out
    assert "Asia/Shanghai (UTC+08:00)" in out


def test_each_format_goes_where_it_is_wanted(tmp_path: Path) -> None:
    code, out, err = run("report", "--html", "page.html", "--md", "text.md", "--json", "--start-date", "now-6h")
    assert code == 0
    assert err.splitlines() == ["Wrote page.html", "Wrote text.md"]
    values = json.loads(out)
    assert (values["schema_version"], values["counts"]["tasks"], values["counts"]["missing"]) == (1, 40, 4)
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "text.md").read_text().startswith("# Report of rule task-outputs")


@pytest.mark.parametrize(("flag", "begin"), [("--html", "<!doctype html>"), ("--md", "# Report of rule task-outputs")])
def test_a_format_without_a_name_goes_to_stdout(flag: str, begin: str) -> None:
    code, out, _ = run("report", "--start-date", "now-6h", flag)
    assert (code, out.startswith(begin)) == (0, True)
    assert run("report", flag, "--start-date", "now-6h")[1].startswith(begin)


def test_a_page_can_go_to_stdout_in_chinese() -> None:
    code, out, _ = run("report", "--html", "-", "--language", "zh", "--start-date", "now-6h")
    assert code == 0
    assert out.startswith("<!doctype html>")
    assert "规则 task-outputs 的报告" in out


def test_a_window_of_whole_days_is_that_of_the_zone() -> None:
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    day = today - timedelta(days=2)
    _, out, _ = run("report", "--json", "--start-date", str(day), "--end-date", str(day))
    window = json.loads(out)["window"]
    assert window == {"start": f"{day - timedelta(days=1)}T16:00:00Z", "end": f"{day}T16:00:00Z"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--html - --json", "only one of --html, --md and --json can go to stdout"),
        ("--html - --md -", "only one of --html, --md and --json can go to stdout"),
        ("--html nowhere/page.html", "--html: nowhere/page.html cannot be written: No such file or directory"),
        ("--start-date soon", "--start-date: 'soon' is no date"),
        ("--start-date 2026-02-30", "--start-date: '2026-02-30' is no date"),
        ("--start-date now-1h --end-date now-2h", "--end-date: "),
        ("--start-date 2999-01-01", "--start-date: 2999-01-01 is in the future"),
        ("--start-date 2001-01-01", "--start-date: a report covers at most 400 days, this would be "),
        ("--start-date 2021-01-01 --end-date 2022-12-31", "this would be 730; begin on 2021-11-29 or later"),
        ("--rule nope", "--rule: there is no rule 'nope'; known are task-outputs"),
        ("--language fr", "'--language': 'fr' is not one of 'en', 'zh'"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(arguments: str, told: str, tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = run("report", *arguments.split())
    assert (code, out) == (2, "")
    assert told in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_several_rules_ask_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = "".join(
        f'[[rules]]\nid = "{name}"\nparent = {{table = "tasks", id = "id", state = "status", state_in = ["SUCCESS"],'
        ' done_at = ["completed_at"]}\nchild = {table = "task_outputs", fk = "task_id"}\n'
        for name in ("one", "two")
    )
    (tmp_path / "reconcilery.toml").write_text(rules)
    monkeypatch.setenv("RECONCILERY_CONFIG", str(tmp_path / "reconcilery.toml"))
    code, _, err = run("report")
    assert code == 2
    assert "--rule: there are several rules, name one of one, two" in err
    code, out, _ = run("report", "--rule", "two")
    assert (code, out.splitlines()[0]) == (0, "# Report of rule two, reconcilery")


def test_without_own_tables_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", f"sqlite:///{tmp_path / 'another.db'}")
    code, out, err = run("report")
    assert (code, out) == (1, "")
    assert "reconcilery init" in err
