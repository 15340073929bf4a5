"""Every change of an alert is in the day files once, wherever whoever writes them dies."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from consistency.database import transaction
from consistency.errors import ReconcileryError
from consistency.journal_files import append_line, read_lines
from consistency.ledger.alert_tables import alert_changes
from consistency.resources import Resources
from consistency.settings import Settings
from notifiers.alerts.history import PREFIX, file_changes, history
from notifiers.alerts.ingest import ingest
from tests.factories.observing import BEGIN, QUARTER, seen
from tests.factories.own_tables import make_own_tables

DAY = BEGIN.date()


def resources_on(engine: Engine, log_dir: Path) -> Resources:
    make_own_tables(engine)
    settings = Settings(log_dir=log_dir, service="studio")
    return Resources(settings, engine, engine, engine)


@pytest.fixture
def small(sqlite: Engine, tmp_path: Path) -> Resources:
    return resources_on(sqlite, tmp_path)


def happen(resources: Resources, letters: str = "hcv", begin: Any = BEGIN, **changes: Any) -> None:
    with transaction(resources.store) as connection:
        for number, letter in enumerate(letters):
            at = begin + number * QUARTER
            ingest(connection, resources.settings, [seen(letter, at, **changes)], at)


def filed(resources: Resources, first: date = DAY, last: date = DAY) -> list[dict[str, Any]]:
    return list(read_lines(resources.settings.log_dir / PREFIX, first, last, PREFIX))


def unfiled(resources: Resources) -> int:
    with transaction(resources.store) as connection:
        return len(connection.execute(select(alert_changes).where(alert_changes.c.filed_at.is_(None))).all())


def test_a_line_says_what_happened_to_which_alert(small: Resources) -> None:
    happen(small)
    assert file_changes(small) == 4
    lines = filed(small)
    assert [line["change"] for line in lines] == ["fired", "severity_up", "resolved", "repaired"]
    with transaction(small.store) as connection:
        kept = history(connection)
    assert [entry.as_dict() for entry in reversed(kept)] == lines
    first, *_, last = lines
    assert first == {
        "id": 1,
        "at": "2026-09-16T03:00:00Z",
        "change": "fired",
        "level": "high",
        "actor": "reconcilery",
        "alert_id": kept[0].alert_id,
        "episode": 1,
        "service": "studio",
        "rule_id": "task-outputs",
        "kind": "missing_outputs",
        "labels": {"check": "quick"},
        "payload": {"summary": "seen h"},
    }
    assert last["actor"] == "repair r1"
    assert (small.settings.log_dir / "alerts" / "alerts_20260916.jsonl").is_file()


def test_changes_are_written_in_their_order_and_a_few_at_a_time(small: Resources) -> None:
    happen(small)
    assert [file_changes(small, limit=3) for _ in range(3)] == [3, 1, 0]
    assert [line["id"] for line in filed(small)] == [1, 2, 3, 4]
    assert unfiled(small) == 0


def test_a_line_that_a_dead_process_left_behind_is_not_written_again(small: Resources) -> None:
    happen(small)
    with transaction(small.store) as connection:
        entries = history(connection)
    folder = small.settings.log_dir / PREFIX
    for entry in entries[-2:]:
        path = append_line(folder, entry.at, entry.as_dict(), PREFIX)
    with path.open("ab") as torn:
        torn.write(b'{"id": 3, "at"')
    assert file_changes(small) == 4
    assert sorted(line["id"] for line in filed(small)) == [1, 2, 3, 4]


def test_processes_that_write_at_once_write_each_change_once(engine: Engine, tmp_path: Path) -> None:
    resources = resources_on(engine, tmp_path)
    for number in range(8):
        happen(resources, rule=f"rule-{number}")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: file_changes(resources, limit=7), range(12)))
    assert sorted(line["id"] for line in filed(resources)) == list(range(1, 33))
    assert unfiled(resources) == 0


def test_what_cannot_be_written_waits(small: Resources) -> None:
    happen(small)
    (small.settings.log_dir / PREFIX).write_text("a file where the folder should be")
    with pytest.raises(ReconcileryError, match="cannot be written"):
        file_changes(small)
    assert unfiled(small) == 4
    (small.settings.log_dir / PREFIX).unlink()
    assert file_changes(small) == 4


def test_a_new_day_compresses_the_one_before_and_forgets_the_oldest(small: Resources) -> None:
    folder = small.settings.log_dir / PREFIX
    happen(small)
    assert file_changes(small) == 4
    (folder / "alerts_20200101.jsonl").write_text("{}\n")
    (folder / "monitoring_20200101.jsonl").write_text("{}\n")
    happen(small, "h", begin=BEGIN + timedelta(days=1), rule="thumbnails")
    assert file_changes(small) == 1
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["alerts_20260916.jsonl.gz", "alerts_20260917.jsonl", "monitoring_20200101.jsonl"]
    with gzip.open(folder / names[0]) as packed:
        assert len(packed.readlines()) == 4
    assert len(filed(small, last=(BEGIN + timedelta(days=1)).astimezone(UTC).date())) == 5
