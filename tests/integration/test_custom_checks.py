"""Custom checks: the documented example works, and one that fails in any way is one line and harms nothing."""

import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from consistency.database import connect, transaction
from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType, Finding, Health, Level, Window
from consistency.settings import Settings
from monitor_tasks.custom_checks import Context, run_custom_check
from tests.factories.checking import check, resources_of
from tests.factories.minutely import LAST, create_minutely
from tests.factories.pages import DOCS, code_blocks

CHECKS = """
import time
from sqlalchemy import text
from consistency.model import Finding, Level

ENDLESS = {
    "postgresql": "SELECT pg_sleep(60)",
    "mysql": "SELECT count(*) FROM seq_1_to_100000 a, seq_1_to_100000 b, seq_1_to_100000 c",
    "sqlite": "WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up) SELECT count(*) FROM up",
}
NOT_A_FUNCTION = 7

def finds(context):
    return [Finding("mine", Level.HIGH, f"{context.counts['tasks']} tasks, {context.type}, {context.rule.id}", "look")]

def raises(context):
    raise RuntimeError("no luck\\nwith postgresql://me:secret@here/db")

def raises_late(context):
    yield Finding("mine", Level.LOW, "first")
    raise KeyError("second")

def leaves(context):
    raise SystemExit(3)

def returns_number(context):
    return 7

def returns_text(context):
    return "all is well"

def returns_texts(context):
    return ["all is well"]

def returns_odd_level(context):
    return [Finding("mine", "high", "the level is a text")]

def returns_none(context):
    return None

def returns_many(context):
    return [Finding("mine", Level.LOW, str(number)) for number in range(101)]

def returns_hundred(context):
    return [Finding("mine", Level.LOW, str(number)) for number in range(100)]

def returns_forever(context):
    while True:
        yield Finding("mine", Level.LOW, "again")

def returns_odd_text(context):
    return [Finding("mi\\nne", Level.LOW, "half a pair: \\ud800 and \\x1b[31m" + "x" * 5000)]

def writes(context):
    context.connection.execute(text("DELETE FROM task_outputs"))

def writes_after_commit(context):
    context.connection.exec_driver_sql("COMMIT")
    context.connection.execute(text("DELETE FROM task_outputs"))
    context.connection.exec_driver_sql("COMMIT")

def commits(context):
    context.connection.commit()
    context.connection.execute(text("DELETE FROM task_outputs"))

def creates(context):
    context.connection.execute(text("CREATE TABLE mine (id int)"))

def asks_too_long(context):
    context.connection.execute(text(ENDLESS[context.connection.dialect.name]))

def sleeps(context):
    time.sleep(60)

def asks_nonsense(context):
    context.connection.execute(text("SELECT nonsense FROM nowhere"))

def changes(context):
    context.counts["tasks"] = 0
    return []
"""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = connect(database_url)
    create_minutely(opened, 20)
    yield opened
    opened.dispose()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "shop_rules.py").write_text(CHECKS)
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    yield "shop_rules"
    sys.path[:] = before
    sys.modules.pop("shop_rules", None)


def run(engine: Engine, name: str, limit: timedelta = timedelta(seconds=20)) -> tuple[list[Finding], str]:
    context = partial(
        Context,
        type=CheckType.FULL,
        rule=DEFAULT_RULE,
        window=Window(LAST - timedelta(days=1), LAST),
        as_of=LAST,
        coverage=1.0,
        counts={"tasks": 18},
        completion_rate=1.0,
        health=Health.HEALTHY,
    )
    findings, problem = run_custom_check(name, context, engine, limit)
    return findings, problem.text if problem else ""


def test_findings_come_back(engine: Engine, module: str) -> None:
    assert run(engine, f"{module}:finds") == (
        [Finding("mine", Level.HIGH, "18 tasks, full, task-outputs", "look")],
        "",
    )


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("raises", "failed: RuntimeError: no luck"),
        ("raises_late", "failed: KeyError: 'second'"),
        ("leaves", "failed: SystemExit: 3"),
        ("is_absent", "failed: AttributeError: module 'shop_rules' has no attribute 'is_absent'"),
        ("NOT_A_FUNCTION", "failed: TypeError: 'int' object is not callable"),
        ("returns_number", "returned int; it must return findings"),
        ("returns_text", "returned str; it must return findings"),
        ("returns_none", "returned NoneType; it must return findings"),
        ("returns_texts", "returned 'all is well' among its findings"),
        ("returns_odd_level", "returned Finding(source='mine', level='high'"),
        ("returns_many", "returned more than 100 findings; the rest is left out"),
        ("returns_forever", "returned more than 100 findings; the rest is left out"),
        ("asks_nonsense", "failed: "),
    ],
)
def test_a_check_that_fails_is_one_line_that_names_it(sqlite_url: str, module: str, function: str, reason: str) -> None:
    engine = connect(sqlite_url)
    problem = run(engine, f"{module}:{function}")[1]
    assert problem.startswith(f"custom check {module}:{function} {reason}")
    assert "\n" not in problem
    assert "secret" not in problem
    engine.dispose()


def test_a_module_that_cannot_be_imported_is_named(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    assert run(engine, "nowhere.to.be.found:check") == (
        [],
        "custom check nowhere.to.be.found:check failed: ModuleNotFoundError: No module named 'nowhere'",
    )
    engine.dispose()


def test_what_was_found_before_the_failure_is_kept(sqlite_url: str, module: str) -> None:
    engine = connect(sqlite_url)
    assert [finding.message for finding in run(engine, f"{module}:raises_late")[0]] == ["first"]
    assert len(run(engine, f"{module}:returns_forever")[0]) == 100
    assert (len(run(engine, f"{module}:returns_hundred")[0]), run(engine, f"{module}:returns_hundred")[1]) == (100, "")
    engine.dispose()


def test_odd_texts_become_one_short_line_that_every_database_takes(sqlite_url: str, module: str) -> None:
    engine = connect(sqlite_url)
    (finding,), problem = run(engine, f"{module}:returns_odd_text")
    assert problem == ""
    assert finding.source == "mi ne"
    assert len(finding.message.encode()) <= 500
    assert finding.message.isprintable()
    engine.dispose()


@pytest.mark.parametrize("function", ["writes", "writes_after_commit", "commits", "creates"])
def test_a_check_cannot_write(engine: Engine, module: str, function: str) -> None:
    findings, problem = run(engine, f"{module}:{function}")
    assert findings == []
    assert problem.startswith(f"custom check {module}:{function} failed: ")
    with transaction(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM task_outputs")) == 20
        connection.execute(text("DELETE FROM task_outputs"))  # and others still can


def test_a_statement_that_takes_too_long_ends_by_itself(engine: Engine, module: str) -> None:
    problem = run(engine, f"{module}:asks_too_long", timedelta(seconds=0.3))[1]
    assert problem.startswith(f"custom check {module}:asks_too_long failed: StatementTimeout: ")


def test_a_check_that_never_ends_is_left_behind(sqlite_url: str, module: str) -> None:
    engine = connect(sqlite_url)
    problem = run(engine, f"{module}:sleeps", timedelta(seconds=0.1))[1]
    assert problem.startswith(f"custom check {module}:sleeps was left behind: it took longer than ")
    engine.dispose()


def test_failing_checks_neither_end_the_report_nor_each_other(engine: Engine, module: str) -> None:
    names = tuple(f"{module}:{name}" for name in ("raises", "writes", "changes", "finds"))
    resources = resources_of(engine, DEFAULT_RULE, custom_checks=names)
    report = check(resources, CheckType.FULL, LAST)
    assert report["coverage"] == 1
    assert [finding["message"] for finding in report["findings"]] == ["9 tasks, full, task-outputs"]
    assert len([problem for problem in report["problems"] if problem.startswith("custom check ")]) == 3


def test_the_documented_example_works(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = code_blocks("howto/custom-check.md", "python")
    (settings,) = code_blocks("howto/custom-check.md", "toml")
    (tmp_path / "shop_checks.py").write_text(example)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names = Settings(**tomllib.loads(settings)).custom_checks
    with transaction(engine) as connection:
        connection.execute(text("UPDATE task_outputs SET file_url = NULL WHERE id <= 3"))
    report = check(resources_of(engine, DEFAULT_RULE, custom_checks=names), CheckType.QUICK, LAST)
    assert report["problems"] == []
    assert report["findings"] == [
        {
            "source": "outputs_have_files",
            "level": "high",
            "message": "3 outputs name no file",
            "fix": "see what the upload service answered",
        }
    ]
    sys.modules.pop("shop_checks")


def test_every_field_of_the_context_is_documented() -> None:
    page = (DOCS / "howto" / "custom-check.md").read_text()
    assert [name for name in Context.__dataclass_fields__ if f"\n| `{name}` |" not in page] == []
