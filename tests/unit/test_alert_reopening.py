"""What comes back: the same alert, but what was good in between began anew."""

import pytest

from notifiers.alerts.acting import resolve_by
from notifiers.alerts.alert import AlertState
from tests.factories.observing import BEGIN, QUARTER, after, alert_after, names

RESOLVED = AlertState.RESOLVED

#: What follows after a person has ended it, with the changes of the last observation.
ENDED: list[tuple[str, int, list[str]]] = [
    ("h", 1, ["reopened"]),
    ("h", 400, ["reopened"]),  # However late: nobody has seen it good since.
    ("gh", 1, ["reopened"]),
    ("gh", 400, ["fired"]),
    ("m", 400, ["reopened"]),
    ("g", 1, []),
]


@pytest.mark.parametrize(("letters", "quarters", "changes"), ENDED)
def test_what_follows_an_end_by_a_person(letters: str, quarters: int, changes: list[str]) -> None:
    ended = resolve_by(alert_after("h"), "ann", "", BEGIN)
    assert names(ended) == ["resolved"]
    assert ended.arm
    assert ended.alert is not None
    assert (ended.alert.state, ended.alert.resolved_by) == (RESOLVED, "ann")
    later = after(letters, alert=ended.alert, begin=BEGIN + quarters * QUARTER)
    assert names(later) == changes
    assert later.alert is not None
    if later.alert.is_live:
        assert later.alert.resolved_by is None


#: Observations a quarter of an hour apart; how many quarters after the first one people hear that it began.
BEGINNINGS: list[tuple[str, int]] = [
    ("h", 0),
    ("hgh", 0),  # It was never over.
    ("hggh", 3),
    ("hgghh", 3),
    ("hgghggh", 6),
    ("mm", 0),
]


@pytest.mark.parametrize(("letters", "quarters"), BEGINNINGS)
def test_what_was_good_in_between_began_when_it_came_back(letters: str, quarters: int) -> None:
    assert alert_after(letters).starts_at == BEGIN + quarters * QUARTER


#: The same, and how many quarters after the first one it fired, from which escalation counts.
FIRINGS: list[tuple[str, int]] = [
    ("h", 0),
    ("mm", 1),
    ("hgh", 0),  # It was never over.
    ("hggh", 3),
    ("hgghh", 3),
    ("hgghggh", 6),
    ("hgghgg", 3),  # Over, it says when it fired last.
]


@pytest.mark.parametrize(("letters", "quarters"), FIRINGS)
def test_what_comes_back_has_fired_when_it_came_back(letters: str, quarters: int) -> None:
    assert alert_after(letters).fired_at == BEGIN + quarters * QUARTER


def test_what_a_person_has_ended_fires_anew_when_it_comes_back_though_it_began_before() -> None:
    ended = resolve_by(alert_after("h"), "ann", "", BEGIN)
    later = after("h", alert=ended.alert, begin=BEGIN + 3 * QUARTER).alert
    assert later is not None
    assert (later.starts_at, later.fired_at) == (BEGIN, BEGIN + 3 * QUARTER)


def test_what_a_person_has_ended_and_nobody_has_seen_good_began_when_it_began() -> None:
    ended = resolve_by(alert_after("h"), "ann", "", BEGIN)
    later = after("h", alert=ended.alert, begin=BEGIN + 400 * QUARTER).alert
    assert later is not None
    assert (later.starts_at, later.seen) == (BEGIN, 2)
