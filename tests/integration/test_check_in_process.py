from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.orders.check_orders import CheckOrder
from cli.in_process import check_here, with_some_ledger
from consistency.database import transaction
from consistency.ledger.overview import open_runs
from consistency.ledger.runs import find_run
from consistency.ledger.schema import create_or_upgrade
from consistency.model import CheckType, Window
from consistency.resources import Resources, ledger_exists, open_resources
from consistency.settings import Settings
from monitor_tasks import checks
from tests.factories.default_app import AppTask, make_application

HOUR = timedelta(hours=1)


def silent(_done: int, _total: int) -> None:
    """For nobody to see."""


def application(url: str) -> datetime:
    """Tasks of the last 23 hours, every fifth without output; the last hour has six of them, one missing."""
    now = datetime.now(UTC)
    moments = [now - timedelta(minutes=15 + 9 * number) for number in range(150)]
    make_application(url, [AppTask(number, done, has_output=number % 5 != 2) for number, done in enumerate(moments)])
    return now


@contextmanager
def opened(url: str, folder: Path, **settings: object) -> Iterator[Resources]:
    resources = open_resources(Settings.model_validate({"database_url": url, "log_dir": folder / "logs", **settings}))
    try:
        yield resources
    finally:
        resources.dispose()


@pytest.mark.parametrize("kind", [CheckType.QUICK, CheckType.FULL, CheckType.DEEP, CheckType.RANGE])
def test_a_check_without_own_tables_counts_right_and_writes_nothing(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: CheckType
) -> None:
    now = application(database_url)
    window = Window(now - 3 * HOUR, now - HOUR) if kind is CheckType.RANGE else None
    with opened(database_url, tmp_path) as resources:
        private, remembered = with_some_ledger(resources)
        run = check_here(private, CheckOrder(kind, "task-outputs", window), silent, remembered=remembered)
        assert not ledger_exists(resources.store)
    assert not remembered
    assert run.report is not None
    expected = {
        CheckType.QUICK: (5, 1),
        CheckType.FULL: (150, 30),
        CheckType.DEEP: (150, 30),
        CheckType.RANGE: (13, 3),
    }
    assert (run.report["counts"]["tasks"], run.report["counts"]["missing"]) == expected[kind]
    assert run.report["coverage"] == 1
    assert "is not remembered" in capsys.readouterr().err
    assert not (tmp_path / "logs").exists()


def test_a_check_with_own_tables_is_remembered(database_url: str, tmp_path: Path) -> None:
    application(database_url)
    seen: list[tuple[int, int]] = []
    with opened(database_url, tmp_path) as resources:
        create_or_upgrade(resources.store)
        order = CheckOrder(CheckType.FULL, "task-outputs")
        run = check_here(resources, order, lambda done, total: seen.append((done, total)), remembered=True)
        with transaction(resources.store) as connection:
            kept = find_run(connection, run.id)
    assert kept is not None
    assert kept.is_closed
    assert kept.recorded_at is not None
    assert kept.report == run.report
    assert seen[-1][0] == seen[-1][1] > 1
    (file,) = (tmp_path / "logs" / "monitoring_results").glob("*.jsonl")
    assert run.id in file.read_text()


def test_an_interrupted_check_is_cancelled(sqlite_url: str, tmp_path: Path) -> None:
    application(sqlite_url)

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with opened(sqlite_url, tmp_path) as resources:
        create_or_upgrade(resources.store)
        with pytest.raises(KeyboardInterrupt):
            check_here(resources, CheckOrder(CheckType.FULL, "task-outputs"), interrupt, remembered=True)
        with transaction(resources.store) as connection:
            assert open_runs(connection) == []


def test_a_check_that_was_left_behind_is_gone_on_with(sqlite_url: str, tmp_path: Path) -> None:
    application(sqlite_url)
    with opened(sqlite_url, tmp_path) as resources:
        create_or_upgrade(resources.store)
        left, _ = checks.start(resources, CheckType.FULL, "task-outputs")
        run = check_here(resources, CheckOrder(CheckType.FULL, "task-outputs"), silent, remembered=True)
    assert run.id == left.id
    assert run.report is not None


def test_a_result_that_cannot_be_written_is_still_shown(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    application(sqlite_url)
    (tmp_path / "logs").write_text("a file where a folder should be")
    with opened(sqlite_url, tmp_path) as resources:
        create_or_upgrade(resources.store)
        run = check_here(resources, CheckOrder(CheckType.QUICK, "task-outputs"), silent, remembered=True)
    assert run.report is not None
    assert "Note: the result is in the ledger, but not in" in capsys.readouterr().err
