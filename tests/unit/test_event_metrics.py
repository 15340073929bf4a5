"""What the numbers of synchronisations, cleanups and migrations are."""

from datetime import timedelta
from typing import Any

import pytest

from monitoring.figures.metrics import CLEANUP, MIGRATION, MOST_SERVICES, SYNC, metrics_of, read_from
from tests.factories.working import BEGIN, signs

HOUR = timedelta(hours=1)
NOW = BEGIN + HOUR


def counted(happened: str, **expected: Any) -> dict[str, Any]:
    """The numbers of the hour from BEGIN on that are asked for."""
    found = metrics_of(SYNC, signs(happened), BEGIN, NOW)
    return {name: found[name] for name in expected}


#: What happened in the hour, and some of its numbers.
NUMBERS: list[tuple[str, dict[str, Any]]] = [
    ("", {"sync_start_count": 0, "sync_success_count": 0, "success_rate": None, "avg_duration_seconds": None}),
    ("start@0 success@30", {"sync_start_count": 1, "sync_success_count": 1, "success_rate": 1.0}),
    ("start@0 failure@30", {"sync_failure_count": 1, "success_rate": 0.0, "avg_duration_seconds": None}),
    ("start@0 success@30 start@60 success@70 start@80 failure@90", {"success_rate": 0.6667, "running": 0}),
    ("start@0 success@30+100 start@60 failure@70+5", {"total_records_synced": 105}),  # A part was moved all the same.
    ("start@0+900 success@30", {"total_records_synced": 0}),  # What was planned is not done yet.
    ("success@1=1 success@2=2 success@3=3 success@4=10", {"avg_duration_seconds": 4.0, "p50_duration_seconds": 2.0}),
    ("success@1=1 success@2=2 success@3=3 success@4=10", {"p95_duration_seconds": 10.0, "max_duration_seconds": 10.0}),
    ("success@1=1 failure@2=500", {"max_duration_seconds": 1.0}),  # A failure takes as long as it likes.
    ("success@1 failure@2", {"last_success": "2026-09-16T03:00:01Z", "last_failure": "2026-09-16T03:00:02Z"}),
    ("success@1 failure@2 failure@3", {"failed_in_a_row": 2}),
    ("failure@2 failure@3 success@4", {"failed_in_a_row": 0}),
    ("start@0", {"running": 1, "never_ended": 0, "failed_in_a_row": 0}),
    ("start@0 success@9 start@3500", {"running": 1, "never_ended": 0}),
    (
        "start@0 success@9 start@300",
        {"running": 0, "never_ended": 1, "failed_in_a_row": 1},
    ),  # It takes 9 s, not 55 min.
    ("start:a@0 start:a@10 success:a@20", {"never_ended": 1, "failed_in_a_row": 0, "sync_start_count": 2}),
]


@pytest.mark.parametrize(("happened", "expected"), NUMBERS)
def test_the_numbers_of_an_hour(happened: str, expected: dict[str, Any]) -> None:
    assert counted(happened, **expected) == expected


def test_what_began_before_the_time_counts_where_it_ended() -> None:
    found = metrics_of(SYNC, signs("start@0 success@1800 start@1900 success@2000"), BEGIN + HOUR / 4, NOW)
    assert (found["sync_start_count"], found["sync_success_count"]) == (1, 2)
    assert found["max_duration_seconds"] == 1800.0


def test_what_ended_before_the_time_only_says_how_things_are() -> None:
    found = metrics_of(SYNC, signs("start@0 success@10+5 start@20 failure@30"), BEGIN + HOUR / 2, NOW)
    assert (found["sync_success_count"], found["total_records_synced"], found["success_rate"]) == (0, 0, None)
    assert (found["failed_in_a_row"], found["last_success"]) == (1, "2026-09-16T03:00:10Z")


def test_starts_are_looked_for_a_day_or_the_length_of_the_time_before_it() -> None:
    assert read_from(BEGIN, NOW) == BEGIN - timedelta(days=1)
    assert read_from(BEGIN, BEGIN + timedelta(days=7)) == BEGIN - timedelta(days=7)


def test_each_service_has_its_own_numbers_and_its_own_idea_of_long() -> None:
    slow = signs("start@0 success@1500 start@1600", "slow")
    quick = signs("start@1 success@2 start@1601", "quick")
    found = metrics_of(SYNC, sorted([*slow, *quick], key=lambda sign: sign.at), BEGIN, NOW)
    assert (found["running"], found["never_ended"]) == (1, 1)
    by_name = {each["service"]: each for each in found["services"]}
    assert list(by_name) == ["quick", "slow"]
    assert (by_name["quick"]["never_ended"], by_name["slow"]["running"]) == (1, 1)
    assert by_name["slow"]["avg_duration_seconds"] == 1500.0


def test_each_kind_has_the_names_of_its_own() -> None:
    cleanup = metrics_of(CLEANUP, signs("start@0 success@5+40", kind="cleanup"), BEGIN, NOW)
    assert (cleanup["cleanup_success_count"], cleanup["total_records_deleted"]) == (1, 40)
    migration = metrics_of(MIGRATION, signs("start@0 success@5+40", kind="migration"), BEGIN, NOW)
    assert (migration["migration_success_count"], migration["total_records_migrated"]) == (1, 40)


def test_of_very_many_services_the_busiest_are_named_and_all_are_counted() -> None:
    many = [sign for number in range(MOST_SERVICES + 20) for sign in signs("success@1", f"s{number:03}")]
    found = metrics_of(SYNC, [*many, *signs("success@2", "s119")], BEGIN, NOW)
    assert (len(found["services"]), found["sync_success_count"]) == (MOST_SERVICES, MOST_SERVICES + 21)
    assert found["services"][-1]["service"] == "s119"
