"""What a check report says about alerts."""

import json
from datetime import timedelta
from typing import Any

import pytest

from consistency.mapping import RuleMapping
from consistency.model import Level
from consistency.settings import Settings
from notifiers.alerts.observation import Sight, fingerprint
from notifiers.alerts.reading import gone, observations_of, told_level
from tests.factories.observing import BEGIN, QUARTER
from tests.factories.reports import finding, report_of

SETTINGS = Settings(service="studio")
HOUR = timedelta(hours=1)
UNREPAIRABLE = RuleMapping.model_validate(
    {
        "id": "thumbnails",
        "parent": {"table": "images", "id": "id", "state": "state", "state_in": ["done"], "done_at": ["done_at"]},
        "child": {"table": "thumbnails", "fk": "image_id"},
    }
)

#: Tasks with their output, tasks, and the level that is told.
LEVELS: list[tuple[int, int, Level | None]] = [
    (0, 0, None),
    (100, 100, None),
    (999, 1000, Level.LOW),
    (9, 10, Level.LOW),  # One of ten is no proof of less than 95 %.
    (91, 100, Level.LOW),  # It may still be 95 %, if barely.
    (90, 100, Level.MEDIUM),
    (347, 378, Level.MEDIUM),
    (75, 100, Level.MEDIUM),
    (70, 100, Level.HIGH),
    (45, 100, Level.HIGH),
    (40, 100, Level.CRITICAL),
    (0, 5, Level.CRITICAL),
    (0, 4, Level.MEDIUM),  # All of them, but they are few.
    (0, 1, Level.MEDIUM),
    (3, 4, Level.LOW),
]


@pytest.mark.parametrize(("with_outputs", "tasks", "level"), LEVELS)
def test_the_level_that_the_counts_prove(with_outputs: int, tasks: int, level: Level | None) -> None:
    assert told_level(with_outputs, tasks) is level


#: Missing, tasks, type of the check: what is seen, and how many bad and good ones are needed, how often it comes.
OUTPUTS: list[tuple[int, int, str, Sight, Level | None, int, int, timedelta]] = [
    (31, 378, "quick", Sight.BAD, Level.MEDIUM, 2, 2, QUARTER),
    (31, 378, "full", Sight.BAD, Level.MEDIUM, 2, 1, HOUR),
    (200, 378, "full", Sight.BAD, Level.HIGH, 1, 1, HOUR),
    (300, 378, "quick", Sight.BAD, Level.CRITICAL, 1, 2, QUARTER),
    (1, 378, "deep", Sight.BAD, Level.LOW, 2, 1, 24 * HOUR),
    (0, 378, "quick", Sight.GOOD, None, 1, 2, QUARTER),
    (0, 0, "quick", Sight.NEUTRAL, None, 1, 2, QUARTER),
]


@pytest.mark.parametrize(("missing", "tasks", "kind", "verdict", "level", "bad", "good", "every"), OUTPUTS)
def test_what_is_seen_of_outputs(
    missing: int, tasks: int, kind: str, verdict: Sight, level: Level | None, bad: int, good: int, every: timedelta
) -> None:
    (seen,) = observations_of(report_of(missing, tasks, kind), SETTINGS)
    assert (seen.kind, seen.service, seen.rule) == ("missing_outputs", "studio", "task-outputs")
    assert (seen.labels, seen.at) == ({"check": kind}, BEGIN)
    assert (seen.verdict, seen.level) == (verdict, level)
    assert (seen.bad_needed, seen.good_needed, seen.every) == (bad, good, every)


#: Changes to a report that then says nothing of outputs.
SILENT: list[dict[str, Any]] = [
    {"coverage": 0.99},
    {"coverage": 0},
    {"kind": "range"},
    {"counts": {"tasks": None, "missing": None}},
]


@pytest.mark.parametrize("changes", SILENT, ids=str)
def test_what_was_not_measured_is_not_judged(changes: dict[str, Any]) -> None:
    assert observations_of(report_of(**changes), SETTINGS) == []


def test_what_a_message_needs_is_kept_with_it() -> None:
    onset = {"at": "2026-09-16T02:00:00Z", "until": None, "rate_before": 0.999, "rate_after": 0.75, "evidence": 40.0}
    (seen,) = observations_of(report_of(onset=onset), SETTINGS)
    assert seen.summary.startswith("degraded: 91.8 % of 378 ")
    assert seen.details == {
        "check_id": "quick at 2026-09-16T03:00:00Z",
        "verdict": seen.summary,
        "numbers": {"tasks": 378, "missing": 31, "late": 6, "completion_rate": 347 / 378},
        "window": ["2026-09-16T02:00:00Z", "2026-09-16T03:00:00Z"],
        "top": ["0", "1", "2", "3", "4"],
        "command": "reconcilery repair plan --start-date 2026-09-16T02:00:00Z --end-date 2026-09-16T03:00:00Z",
        "onset": {"at": "2026-09-16T02:00:00Z", "until": None, "rate_before": 0.999, "rate_after": 0.75},
    }
    json.dumps(seen.details)


def test_for_whom_outputs_are_missing_is_kept_with_it() -> None:
    row = {"value": "img2video", "missing": 27, "of": 31}
    (seen,) = observations_of(report_of(missing_by={"workflow": [row]}), SETTINGS)
    assert seen.details["mostly"] == {"column": "workflow", **row}
    (seen,) = observations_of(report_of(missing_by={"workflow": [{**row, "missing": 9}]}), SETTINGS)
    assert "mostly" not in seen.details


def test_a_good_one_has_its_numbers_and_no_command() -> None:
    (seen,) = observations_of(report_of(0), SETTINGS)
    assert seen.details["numbers"] == {"tasks": 378, "missing": 0, "late": 6, "completion_rate": 1.0}
    assert not {"command", "top", "onset"} & seen.details.keys()


def test_the_command_names_the_rule_where_there_are_several_and_a_repair_where_there_can_be_one() -> None:
    settings = Settings(rules=(*SETTINGS.rules, UNREPAIRABLE))
    (seen,) = observations_of(report_of(), settings)
    assert seen.details["command"].endswith(" --rule task-outputs")
    (seen,) = observations_of(report_of(rule="thumbnails"), settings)
    assert seen.details["command"].startswith("reconcilery missing --start-date ")


def test_findings_of_one_source_are_one_thing_as_grave_as_the_worst() -> None:
    doctor = "`reconcilery doctor` says whether an index is missing"
    findings = [finding(message="a"), finding("volume", "low", "few"), finding(level="high", message="b", fix=doctor)]
    _, database, volume = observations_of(report_of(kind="full", findings=findings), SETTINGS)
    assert (database.kind, database.labels) == ("finding", {"check": "full", "source": "database"})
    assert (database.level, database.summary, database.bad_needed) == (Level.HIGH, "b (and 1 more)", 1)
    assert database.details["findings"] == ["a", "b"]
    assert database.details["found"] == {"message": "b", "more": 1}
    assert (database.details["command"], database.details["fix"]) == ("reconcilery doctor", doctor)
    assert (volume.level, volume.summary, volume.bad_needed, volume.good_needed) == (Level.LOW, "few", 2, 1)
    assert "command" not in volume.details


def test_what_a_finding_is_worded_from_is_kept_with_its_alert() -> None:
    known = {"code": "slow_statement", "values": {"statement": "tasks", "seconds": 7.5, "limit_seconds": 5.0}}
    _, seen = observations_of(report_of(findings=[finding(message="slow") | known]), SETTINGS)
    assert seen.details["found"] == {"message": "slow", "more": 0, **known}


THINGS = [
    ("studio", {"check": "full", "source": "database"}),
    ("studio", {"check": "full", "source": "volume"}),
    ("studio", {"check": "quick", "source": "volume"}),
]

#: Changes to a full report that finds something about the database, and the sources that are gone by then.
GONE: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["volume"]),
    ({"problems": ["3 successful tasks finish in the future; is parent.tz right?"]}, ["volume"]),
    ({"problems": ["no database advice: it was too slow"]}, []),
    ({"problems": ["custom check shop:fresh failed: ValueError: no"]}, []),
    ({"coverage": 0.5}, []),
    ({"findings": []}, ["database", "volume"]),
]


@pytest.mark.parametrize(("changes", "sources"), GONE, ids=str)
def test_what_a_whole_report_does_not_find_any_more_is_gone(changes: dict[str, Any], sources: list[str]) -> None:
    report = report_of(kind="full", findings=[finding()]) | changes
    found = gone(report, SETTINGS, THINGS)
    assert [each.labels["source"] for each in found] == sources
    assert {each.verdict for each in found} <= {Sight.GOOD}


def test_the_fingerprint_is_of_the_thing_alone() -> None:
    (mild,) = observations_of(report_of(31), SETTINGS)
    (grave,) = observations_of(report_of(378, as_of=BEGIN + HOUR), SETTINGS)
    assert mild.fingerprint == grave.fingerprint
    others = [
        observations_of(report_of(kind="full"), SETTINGS)[0],
        observations_of(report_of(rule="thumbnails"), SETTINGS)[0],
        observations_of(report_of(), Settings(service="shop"))[0],
        observations_of(report_of(findings=[finding()]), SETTINGS)[1],
    ]
    assert len({mild.fingerprint, *(other.fingerprint for other in others)}) == 5
    assert fingerprint("k", "s", "r", {"a": "1", "b": "2"}) == fingerprint("k", "s", "r", {"b": "2", "a": "1"})
