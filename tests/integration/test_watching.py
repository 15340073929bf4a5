"""The product tells of its own disk and of quick checks that do not come; each is told once, however often it looks."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from consistency.database import transaction
from consistency.event_checks import check_id
from consistency.events import EventLevel
from consistency.ledger.tables import check_runs
from consistency.resources import Resources
from consistency.settings import Settings
from monitoring import watching
from monitoring.watching import storage_event, watch
from tests.factories.own_tables import make_own_tables
from tests.factories.travelling import arrived, to_be_told

NOON = datetime(2025, 9, 15, 12, 0, tzinfo=UTC)
LOGS = Path("/var/log/shop")
QUARTER = timedelta(minutes=15)


#: Which share of a disk is free, and the level of what is told.
SHARES: list[tuple[float, EventLevel | None]] = [
    (1.0, None),
    (0.10, None),  # Bounds belong to the better side.
    (0.0999, EventLevel.WARNING),
    (0.03, EventLevel.WARNING),
    (0.0299, EventLevel.CRITICAL),
    (0.0, EventLevel.CRITICAL),
]


@pytest.mark.parametrize(("share", "level"), SHARES)
def test_a_disk_is_told_of_before_it_is_full(share: float, level: EventLevel | None) -> None:
    event = storage_event("shop", LOGS, share, 2**30, NOON)
    assert (event.level if event else None) == level


def test_it_is_the_same_event_all_day_and_another_on_each_folder_level_and_day() -> None:
    def name(share: float = 0.05, folder: Path = LOGS, at: datetime = NOON) -> str:
        event = storage_event("shop", folder, share, 2**30, at)
        assert event is not None
        return check_id(event.id)

    assert name() == name(share=0.04, at=NOON + timedelta(hours=11))
    assert len({name(), name(share=0.01), name(folder=Path("/srv")), name(at=NOON + timedelta(days=1))}) == 4


@pytest.fixture
def resources(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resources:
    monkeypatch.setattr(watching, "SCARCE", ())
    make_own_tables(sqlite)
    return Resources(Settings(log_dir=tmp_path / "not" / "there", service="shop"), sqlite, sqlite, sqlite)


def ran(resources: Resources, ago: timedelta, kind: str = "quick", state: str = "closed") -> None:
    at = datetime.now(UTC) - ago
    values = {"id": f"{kind} {at:%H:%M}", "rule_id": "task-outputs", "rule_hash": "x", "type": kind, "state": state}
    moments = dict.fromkeys(("window_start", "window_end", "as_of", "created_at", "closed_at"), at)
    with transaction(resources.store) as connection:
        connection.execute(insert(check_runs).values(**values, **moments, options="{}", report="{}"))


def bodies(resources: Resources) -> list[dict[str, Any]]:
    return [json.loads(body) for body in arrived(resources.store).values()]


def test_a_full_disk_is_told_once_to_people(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SCARCE", ((2.0, EventLevel.WARNING),))
    assert watch(resources) == watch(resources)
    (found,) = bodies(resources)
    assert (found["event_type"], found["level"], found["service"]) == ("storage_warning", "warning", "shop")
    assert 0 <= found["metrics"]["free_share"] <= 1
    assert to_be_told(resources.store) == set(arrived(resources.store))


def test_nothing_is_told_where_all_is_well_or_nothing_has_run_yet(resources: Resources) -> None:
    assert watch(resources) == []
    ran(resources, 3 * QUARTER - timedelta(minutes=1))
    ran(resources, 9 * QUARTER, kind="full")
    assert watch(resources) == []


def test_a_quick_check_that_does_not_come_is_told_once_each_time(resources: Resources) -> None:
    ran(resources, 20 * QUARTER)
    first = watch(resources)
    assert watch(resources) == first
    ran(resources, 4 * QUARTER)
    second = watch(resources)
    assert len({*first, *second}) == len(bodies(resources)) == 2
    assert {check_id(each) for each in (*first, *second)} == set(arrived(resources.store))
    ran(resources, timedelta(0))
    assert watch(resources) == []
    # People hear of it as an alert, which also ends.
    assert to_be_told(resources.store) == set()
    assert {found["event_type"] for found in bodies(resources)} == {"service_status"}


def test_a_check_that_was_given_up_counts_for_nothing(resources: Resources) -> None:
    ran(resources, 4 * QUARTER)
    ran(resources, QUARTER, state="cancelled")
    assert len(watch(resources)) == 1
