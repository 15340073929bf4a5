"""How an alert changes: every row of its table of states, and what always holds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consistency.errors import BadRequest
from consistency.model import Level
from notifiers.alerts.acting import ack_expired, acknowledge, go_stale, resolve_by
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.changes import Changed
from notifiers.alerts.changing import observe
from tests.factories.observing import BEGIN, QUARTER, REPAIRED, after, alert_after, moment_after, names, seen

PENDING, FIRING, RESOLVING, RESOLVED = AlertState

#: Observations a quarter of an hour apart, then the state, the changes of the last one, and "arm" or "urgent".
CASES: list[tuple[str, AlertState | None, list[str], str]] = [
    ("g", None, [], ""),  # Where nothing is wrong there is no alert.
    ("n", None, [], ""),
    ("m", PENDING, ["pending"], ""),  # One bad observation of a mild kind is not told.
    ("l", PENDING, ["pending"], ""),
    ("mg", RESOLVED, ["cleared"], ""),  # It never fired, so nobody hears of it.
    ("mn", PENDING, [], ""),
    ("mnm", FIRING, ["fired"], "arm"),  # Nothing to judge is no break.
    ("mgm", PENDING, ["pending"], ""),
    ("mm", FIRING, ["fired"], "arm"),
    ("mh", FIRING, ["fired"], "arm"),  # A grave one fires at once, whatever was before.
    ("h", FIRING, ["fired"], "arm"),
    ("c", FIRING, ["fired"], "arm"),
    ("hh", FIRING, [], ""),  # The repetition is a matter of time alone.
    ("hm", FIRING, [], ""),
    ("hn", FIRING, [], ""),
    ("hc", FIRING, ["severity_up"], "urgent"),
    ("mmh", FIRING, ["severity_up"], "urgent"),
    ("cmmm", FIRING, ["severity_down"], ""),  # Three milder ones in a row.
    ("cmml", FIRING, ["severity_down"], ""),  # To medium, the worst of the three.
    ("cmmml", FIRING, [], ""),
    ("cmgm", FIRING, ["relapsed"], ""),  # A good one in between says nothing of the level.
    ("hg", RESOLVING, ["recovering"], ""),
    ("hgh", FIRING, ["relapsed"], ""),
    ("hgc", FIRING, ["relapsed", "severity_up"], "urgent"),
    ("hgg", RESOLVED, ["resolved"], "arm"),
    ("hgng", RESOLVED, ["resolved"], "arm"),
    ("hgn", RESOLVING, [], ""),
    ("hgnn", RESOLVED, ["resolved"], "arm"),  # Held for one and a half periods without anything bad.
    ("hv", RESOLVED, ["resolved", "repaired"], "urgent"),  # Looked at right after the repair.
    ("hgv", RESOLVED, ["resolved", "repaired"], "urgent"),
    ("hr", FIRING, ["repaired"], ""),  # Of less than its window.
    ("hrg", RESOLVED, ["resolved"], "arm"),  # The first look after the repair has found nothing bad.
    ("hrng", RESOLVED, ["resolved"], "arm"),
    ("hrhg", RESOLVING, ["recovering"], ""),
    ("hrhgg", RESOLVED, ["resolved"], "arm"),
    ("hrggghg", RESOLVING, ["recovering"], ""),  # That repair was of the time before.
    ("mv", RESOLVED, ["cleared", "repaired"], ""),
    ("hggg", RESOLVED, [], ""),
    ("hggn", RESOLVED, [], ""),
    ("hggh", FIRING, ["reopened"], "arm"),
    ("hggm", FIRING, ["reopened"], "arm"),
    ("hgggh", FIRING, ["reopened"], "arm"),  # Half an hour after it was over, to the minute.
    ("hggggh", FIRING, ["fired"], "arm"),
    ("hggggm", PENDING, ["pending"], ""),
    ("hggggmg", RESOLVED, ["cleared"], ""),
    ("hgghv", RESOLVED, ["resolved", "repaired"], "urgent"),
    ("hghgh", FIRING, ["relapsed", "flapping"], "arm"),  # The fourth turn within eight observations.
    ("hghghg", RESOLVING, ["recovering"], ""),
    ("hghghgg", RESOLVED, ["resolved"], "arm"),
    ("hghghggg", RESOLVED, ["steady"], "arm"),  # Three equal ones end it.
    ("hghghhh", FIRING, ["steady"], "arm"),
    ("hghghhhg", RESOLVING, ["recovering"], ""),  # What was before it became steady is forgotten.
    ("mgmg", RESOLVED, ["cleared"], ""),
    ("mgmgm", FIRING, ["fired", "flapping"], "arm"),  # Never twice in a row, but to and fro is worth a word.
    ("hnnnnnnghhhhhhgh", FIRING, ["relapsed"], ""),  # Turns that are far apart are no flapping.
]


@pytest.mark.parametrize(("letters", "state", "changes", "told"), CASES, ids=[case[0] for case in CASES])
def test_the_table_of_states(letters: str, state: AlertState | None, changes: list[str], told: str) -> None:
    changed = after(letters)
    assert (changed.alert.state if changed.alert else None) is state
    assert names(changed) == changes
    assert (changed.arm, changed.urgent) == (told in {"arm", "urgent"}, told == "urgent")


#: Observations, then the episode, how many bad ones were seen in it, and its level.
NUMBERS: list[tuple[str, int, int, Level]] = [
    ("m", 0, 0, Level.MEDIUM),
    ("mm", 1, 2, Level.MEDIUM),
    ("mmg", 1, 2, Level.MEDIUM),
    ("hhh", 1, 3, Level.HIGH),
    ("hgh", 1, 2, Level.HIGH),
    ("hggc", 1, 1, Level.CRITICAL),  # Reopened: the same episode, but what was over does not count.
    ("cggm", 1, 1, Level.MEDIUM),  # It is as grave as it is now.
    ("hggggh", 2, 1, Level.HIGH),
    ("hggggmm", 2, 2, Level.MEDIUM),
    ("clll", 1, 4, Level.LOW),
]


@pytest.mark.parametrize(("letters", "episode", "count", "level"), NUMBERS)
def test_episodes_and_what_was_seen_in_them(letters: str, episode: int, count: int, level: Level) -> None:
    alert = alert_after(letters)
    assert (alert.episode, alert.seen, alert.level) == (episode, count, level)


#: Observations; how often people are told that it was seen.
SIGHTS: list[tuple[str, int]] = [
    ("m", 1),  # Pending, and in no episode yet.
    ("mm", 2),
    ("mmgg", 2),
    ("mmggggggm", 1),  # Pending again: of what is over nothing counts.
]


@pytest.mark.parametrize(("letters", "count"), SIGHTS)
def test_what_is_pending_was_seen_as_often_as_it_was_bad(letters: str, count: int) -> None:
    assert alert_after(letters).times_seen == count


def test_it_starts_when_it_was_first_seen_and_fires_later() -> None:
    alert = alert_after("mm")
    assert (alert.starts_at, alert.fired_at) == (BEGIN, BEGIN + QUARTER)


def test_a_false_start_leaves_the_times_of_the_episode_before() -> None:
    alert = alert_after("hggggmg")
    assert (alert.starts_at, alert.fired_at, alert.resolved_at) == (BEGIN, BEGIN, BEGIN + 2 * QUARTER)


def test_the_latest_observation_is_shown_and_nothing_to_judge_shows_nothing() -> None:
    fired = alert_after("h")
    at = BEGIN + QUARTER
    worse = observe(fired, seen("h", at, summary="31 missing", details={"numbers": {"missing": 31}}), at).alert
    assert worse is not None
    silent = observe(worse, seen("n", at + QUARTER, summary="", details={}), at + QUARTER).alert
    assert silent is not None
    assert (silent.summary, silent.details) == ("31 missing", {"numbers": {"missing": 31}})


def test_history_says_who_and_what_was_seen() -> None:
    changed = after("h")
    (fired,) = changed.changes
    assert (fired.actor, fired.at, fired.level, fired.episode) == ("reconcilery", BEGIN, Level.HIGH, 1)
    assert fired.payload["summary"] == "seen h"
    assert [change.actor for change in after("hv").changes] == ["repair r1", "repair r1"]


def test_what_a_repair_did_stays_until_it_is_bad_anew() -> None:
    assert alert_after("hvg").repair == REPAIRED
    assert alert_after("hvh").repair is None
    assert alert_after("hvgggh").repair is None


def test_a_repair_that_left_some_over_is_noted_and_ends_nothing() -> None:
    at = BEGIN + QUARTER
    partly = {"run_id": "r1", "restored": 400, "wanted": 412}
    changed = observe(alert_after("h"), seen("h", at, verified=partly), at)
    assert changed.alert is not None
    assert (changed.alert.state, changed.alert.repair) == (FIRING, partly)
    assert names(changed) == ["repaired"]


@pytest.mark.parametrize("delay", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_an_observation_that_is_not_newer_changes_nothing(delay: timedelta) -> None:
    over = alert_after("hgg")
    late = seen("c", BEGIN + 2 * QUARTER - delay)
    assert observe(over, late, BEGIN + 9 * QUARTER) == Changed(over)


def acked(alert: Alert) -> Alert:
    now = alert.last_seen_at
    changed = acknowledge(alert, "ann", now + 16 * QUARTER, "on it", now)
    assert names(changed) == ["acknowledged"]
    assert changed.arm
    assert changed.alert is not None
    return changed.alert


#: What follows an acknowledged alert, and whether it is acknowledged still.
ACKED: list[tuple[str, bool]] = [
    ("h", True),
    ("m", True),
    ("mmm", True),
    ("g", True),
    ("gh", True),
    ("n", True),
    ("c", False),  # Worse than what was taken on.
    ("gc", False),
    ("gg", False),
    ("v", False),
    ("ggh", False),  # Reopened: somebody has to take it on again.
]


@pytest.mark.parametrize(("letters", "still"), ACKED)
def test_what_ends_an_acknowledgement(letters: str, still: bool) -> None:  # noqa: FBT001 - a table
    alert = alert_after(letters, alert=acked(alert_after("h")), begin=BEGIN + QUARTER)
    assert (alert.acked_by == "ann") is still
    assert (alert.acked_until is not None) is still


def test_an_acknowledgement_ends_at_its_time_and_not_before() -> None:
    alert = acked(alert_after("h"))
    assert alert.acked_until is not None
    assert ack_expired(alert, alert.acked_until - timedelta(seconds=1)) == Changed(alert)
    changed = ack_expired(alert, alert.acked_until)
    assert names(changed) == ["ack_expired"]
    assert changed.arm
    assert changed.alert is not None
    assert changed.alert.acked_by is None


@pytest.mark.parametrize("letters", ["m", "hgg"])
def test_only_what_fires_can_be_taken_on_or_ended(letters: str) -> None:
    alert, now = alert_after(letters), moment_after(letters)
    with pytest.raises(BadRequest, match="only a firing alert can be acknowledged"):
        acknowledge(alert, "ann", now + QUARTER, "", now)
    with pytest.raises(BadRequest, match="only a firing alert can be resolved"):
        resolve_by(alert, "ann", "", now)


def test_an_acknowledgement_that_is_over_already_is_refused() -> None:
    with pytest.raises(BadRequest, match="over already"):
        acknowledge(alert_after("h"), "ann", BEGIN, "", BEGIN)


#: An alert, how long it has not been seen, and whether it is stale by then.
STALE: list[tuple[str, timedelta, bool]] = [
    ("h", 3 * QUARTER, False),
    ("h", 3 * QUARTER + timedelta(seconds=1), True),
    ("hg", 3 * QUARTER + timedelta(seconds=1), True),
    ("m", 9 * QUARTER, False),
    ("hgg", 9 * QUARTER, False),
]


@pytest.mark.parametrize(("letters", "silence", "stale"), STALE)
def test_what_is_not_seen_any_more_goes_stale_and_stays(letters: str, silence: timedelta, stale: bool) -> None:  # noqa: FBT001 - a table
    before = alert_after(letters)
    changed = go_stale(before, before.last_seen_at + silence)
    assert names(changed) == (["stale"] if stale else [])
    assert changed.alert == replace(before, stale=stale)
    assert not changed.arm


def test_nobody_is_missed_without_a_period() -> None:
    alert = replace(alert_after("h"), every=None)
    assert go_stale(alert, BEGIN + 400 * QUARTER) == Changed(alert)


@pytest.mark.parametrize("letter", ["h", "n", "g"])
def test_any_sight_ends_staleness(letter: str) -> None:
    stale = go_stale(alert_after("h"), BEGIN + 9 * QUARTER).alert
    again = after(letter, alert=stale, begin=BEGIN + 9 * QUARTER)
    assert names(again)[0] == "seen_again"
    assert again.alert is not None
    assert not again.alert.stale


def test_an_observation_without_a_zone_or_a_level_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        seen("h", BEGIN.replace(tzinfo=None))
    with pytest.raises(ValueError, match="has a level"):
        seen("h", level=None)
