"""Which silence keeps which alert from being told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifiers.alerts.silences import Silence, silenced_by
from tests.factories.observing import BEGIN, alert_after

ALERT = alert_after("h")
HOUR = timedelta(hours=1)
SILENCE = Silence("s1", {"rule": "task-outputs"}, BEGIN, BEGIN + HOUR, "ann", "moving", BEGIN)

#: Matchers, and whether they fit an alert of the rule task-outputs, level high, check quick.
MATCHERS: list[tuple[dict[str, str], bool]] = [
    ({"rule": "task-outputs"}, True),
    ({"rule": "task"}, False),
    ({"rule": "task*"}, True),
    ({"rule": "*"}, True),
    ({"rule": "Task*"}, False),
    ({"service": "studio", "kind": "missing_outputs", "level": "high", "check": "quick"}, True),
    ({"rule": "task-outputs", "check": "deep"}, False),  # All have to fit.
    ({"level": "critical"}, False),
    ({"alert": ALERT.id}, True),
    ({"alert": ALERT.id[:8] + "*"}, True),
    ({"alert": ALERT.id[:8]}, False),
    ({"fingerprint": ALERT.fingerprint}, True),
]


@pytest.mark.parametrize(("matchers", "fits"), MATCHERS, ids=str)
def test_matchers(matchers: dict[str, str], fits: bool) -> None:  # noqa: FBT001 - a table
    assert replace(SILENCE, matchers=matchers).fits(ALERT) is fits


#: Minutes since the start, and whether it is silent then.
MOMENTS: list[tuple[int, bool]] = [(-1, False), (0, True), (59, True), (60, False)]


@pytest.mark.parametrize(("minutes", "silent"), MOMENTS)
def test_a_silence_holds_from_its_start_until_before_its_end(minutes: int, silent: bool) -> None:  # noqa: FBT001 - a table
    found = silenced_by(ALERT, [SILENCE], BEGIN + timedelta(minutes=minutes))
    assert found == (SILENCE if silent else None)


def test_a_silence_that_was_ended_holds_no_more() -> None:
    assert silenced_by(ALERT, [replace(SILENCE, ended_at=BEGIN, ended_by="bob")], BEGIN) is None


def test_of_several_the_one_that_lasts_longest_is_named() -> None:
    longer = replace(SILENCE, id="s2", ends_at=BEGIN + 2 * HOUR)
    other = replace(longer, id="s3", matchers={"rule": "thumbnails"}, ends_at=BEGIN + 9 * HOUR)
    assert silenced_by(ALERT, [SILENCE, longer, other], BEGIN) == longer
