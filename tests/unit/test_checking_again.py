"""Which reports a repair or its undoing has made out of date: a table of cases."""

from datetime import UTC, datetime, timedelta

import pytest

from compensation.checking_again import is_outdated
from compensation.states import RunState
from consistency.ledger.runs import CLOSED, Run
from consistency.model import CheckType, Window

NOON = datetime(2026, 9, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHECKED = Window(NOON - HOUR, NOON)
INSIDE = Window(NOON - HOUR / 2, NOON + HOUR)
BEFORE = Window(NOON - 3 * HOUR, NOON - HOUR)

CASES = [
    (RunState.SUCCEEDED, 7, INSIDE, True),
    (RunState.SUCCEEDED_WITH_LEFTOVERS, 7, INSIDE, True),
    (RunState.SUCCEEDED, 7, None, True),
    (RunState.SUCCEEDED, 0, INSIDE, False),
    (RunState.SUCCEEDED, 7, BEFORE, False),
    (RunState.ROLLED_BACK, 0, INSIDE, True),
    (RunState.ROLLED_BACK_PARTIAL, 0, None, True),
    (RunState.ROLLED_BACK, 0, BEFORE, False),
]


def check(missing: int | None) -> Run:
    """A closed check; without a number it has no report."""
    report = None if missing is None else {"counts": {"missing": missing}}
    return Run("c", "r", "h", CheckType.QUICK, CLOSED, CHECKED, NOON, {}, NOON, NOON, None, None, report)


@pytest.mark.parametrize(("state", "missing", "window", "expected"), CASES)
def test_a_report_is_out_of_date_when_what_it_counted_has_changed(
    state: RunState, missing: int, window: Window | None, *, expected: bool
) -> None:
    assert is_outdated(check(missing), state, window) is expected


def test_a_check_without_a_report_says_nothing_that_could_be_out_of_date() -> None:
    assert not is_outdated(check(None), RunState.SUCCEEDED, INSIDE)
