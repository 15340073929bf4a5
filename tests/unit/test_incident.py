"""What the verdict's check, the other checks and the alerts know together of an incident."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.page.incident import LONGEST, incident_of
from consistency.model import utc_text
from notifiers.alerts.alert import Alert
from tests.factories.observing import BEGIN, alert_after

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LENGTHS = {"quick": HOUR, "full": DAY, "deep": 14 * DAY}


def check(kind: str, missing: int | None, ago: timedelta = timedelta(0), **changes: Any) -> dict[str, Any]:
    """A check of so long ago that has found so many."""
    end = BEGIN - ago
    window = {"start": utc_text(end - LENGTHS[kind]), "end": utc_text(end)}
    report = {"counts": {"missing": missing}, "window": window, "as_of": utc_text(end)}
    return {"rule": "task-outputs", "type": kind, "health": "degraded", "report": report, **changes}


def alert(check: str = "full", ago: timedelta = timedelta(0), **changes: Any) -> Alert:
    """An alert of a check of so long ago."""
    window = [utc_text(BEGIN - ago - LENGTHS[check]), utc_text(BEGIN - ago)]
    return replace(alert_after("h"), details={"window": window}, labels={"check": check}, **changes)


QUICK = check("quick", 32)
#: The other checks, then the check that knows of most, how many it has found, and how long ago what it knows of began.
KNOWN: list[tuple[list[dict[str, Any]], str, int, timedelta]] = [
    ([], "quick", 32, HOUR),
    ([check("full", 120, ago=HOUR)], "full", 120, DAY + HOUR),
    ([check("full", 32)], "quick", 32, HOUR),  # The shorter one explains it.
    ([check("deep", 120), check("full", 120)], "full", 120, DAY),
    ([check("deep", 2, ago=HOUR), check("full", 120)], "full", 120, DAY),  # Of before the incident.
    ([check("deep", 122, ago=DAY), check("full", 120)], "deep", 122, 15 * DAY),
    ([check("deep", 122, ago=9 * DAY)], "deep", 122, LONGEST),  # Long overdue.
    ([check("full", None)], "quick", 32, HOUR),
    ([check("full", 120, rule="another")], "quick", 32, HOUR),
    ([check("full", 120, type="range")], "quick", 32, HOUR),
]


@pytest.mark.parametrize(("others", "kind", "missing", "began"), KNOWN)
def test_the_longer_check_counts_where_the_shorter_one_does_not_explain_what_it_knows(
    others: list[dict[str, Any]], kind: str, missing: int, began: timedelta
) -> None:
    found = incident_of(QUICK, [QUICK, *others], [], None, BEGIN)
    assert found is not None
    assert (found.most["type"], found.missing, BEGIN - found.start) == (kind, missing, began)
    assert found.is_wider == (kind != "quick")


#: Open alerts, since when outputs are said to be missing, and how long ago a repair has to begin.
STARTS: list[tuple[list[Alert], datetime | None, timedelta]] = [
    ([alert("quick")], None, HOUR),
    ([alert("quick"), alert("full", ago=HOUR)], None, DAY + HOUR),
    ([alert("deep", ago=HOUR)], None, 14 * DAY + HOUR),
    ([alert("deep", ago=9 * DAY)], None, LONGEST),
    ([alert("full", rule_id="another")], None, HOUR),
    ([alert("full", kind="finding")], None, HOUR),
    ([replace(alert(), details={})], None, HOUR),
    ([], BEGIN - 3 * HOUR, 3 * HOUR),
    ([], BEGIN - HOUR / 2, HOUR),
]


@pytest.mark.parametrize(("firing", "since", "began"), STARTS)
def test_a_repair_begins_where_the_earliest_of_what_is_known_begins(
    firing: list[Alert], since: datetime | None, began: timedelta
) -> None:
    found = incident_of(QUICK, [QUICK], firing, since, BEGIN)
    assert found is not None
    assert BEGIN - found.start == began


WELL = check("quick", 0, health="healthy")


def test_while_all_is_well_what_only_a_longer_check_knows_is_no_incident() -> None:
    left = check("deep", 2, health="healthy")
    assert incident_of(WELL, [WELL, left], [], None, BEGIN) is None
    assert incident_of(WELL, [WELL, left], [alert("full", rule_id="another")], None, BEGIN) is None


def test_an_open_alert_makes_it_one() -> None:
    left = check("deep", 2, health="healthy")
    found = incident_of(WELL, [WELL, left], [alert("deep")], None, BEGIN)
    assert found is not None
    assert found.missing == 2


def test_without_a_check_or_anything_missing_there_is_none() -> None:
    assert incident_of(None, [], [alert()], BEGIN, BEGIN) is None
    assert incident_of(WELL, [WELL, check("full", 0)], [alert()], BEGIN, BEGIN) is None
