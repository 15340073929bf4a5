"""What people do to alerts and silences, with a clear answer to what cannot be meant."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update

from consistency.database import transaction
from consistency.errors import BadRequest
from consistency.ledger.delivery_tables import notification_groups
from consistency.model import Level
from consistency.settings import Settings
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.handling import acknowledge, expire_acks, find_alerts, require_alert, resolve
from notifiers.alerts.history import history
from notifiers.alerts.ingest import ingest
from notifiers.alerts.observation import Observation
from notifiers.alerts.silences import add_silence, end_silence, find_silences, live_silences
from tests.factories.observing import BEGIN, QUARTER, seen
from tests.factories.own_tables import make_own_tables

SETTINGS = Settings(service="studio")
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(sqlite: Engine) -> Iterator[Connection]:
    make_own_tables(sqlite)
    with transaction(sqlite) as connection:
        yield connection


def take_in(ledger: Connection, *observations: Observation, now: datetime = BEGIN) -> list[Alert]:
    ingest(ledger, SETTINGS, observations, now)
    return find_alerts(ledger)


def calm(ledger: Connection) -> None:
    """As if all groups had been looked at."""
    ledger.execute(update(notification_groups).values(flush_at=None))


def armed(ledger: Connection) -> int:
    return len(ledger.execute(select(notification_groups).where(notification_groups.c.flush_at.is_not(None))).all())


def test_an_alert_is_taken_on_and_given_back_at_its_time(ledger: Connection) -> None:
    (alert,) = take_in(ledger, seen("h"))
    calm(ledger)
    taken = acknowledge(ledger, SETTINGS, alert.id[:8], "ann", BEGIN, note="  on\nit ")
    assert (taken.acked_by, taken.acked_until, taken.ack_note) == ("ann", BEGIN + 4 * HOUR, "on it")
    assert armed(ledger) == 1
    assert find_alerts(ledger) == [taken]
    assert expire_acks(ledger, SETTINGS, BEGIN + 4 * HOUR - QUARTER).changes == ()
    calm(ledger)
    expired = expire_acks(ledger, SETTINGS, BEGIN + 4 * HOUR)
    assert [str(change.what) for change in expired.changes] == ["ack_expired"]
    assert len(expired.groups) == armed(ledger) == 1
    assert find_alerts(ledger)[0].acked_by is None
    lines = [(entry.change, entry.actor) for entry in history(ledger, alert.id)]
    assert lines == [("ack_expired", "reconcilery"), ("acknowledged", "ann"), ("fired", "reconcilery")]


def test_a_person_ends_an_alert_and_is_named(ledger: Connection) -> None:
    (alert,) = take_in(ledger, seen("h"))
    over = resolve(ledger, SETTINGS, alert.fingerprint, "ann", BEGIN, note="deleted on purpose")
    assert (over.state, over.resolved_by) == (AlertState.RESOLVED, "ann")
    (entry, _) = history(ledger, alert.id)
    assert (entry.actor, entry.payload) == ("ann", {"note": "deleted on purpose"})
    (alert,) = take_in(ledger, seen("h", BEGIN + 9 * HOUR), now=BEGIN + 9 * HOUR)
    assert (alert.state, alert.episode, alert.resolved_by) == (AlertState.FIRING, 1, None)


def test_alerts_are_found_by_how_they_stand(ledger: Connection) -> None:
    fires, waits = seen("h"), seen("m", rule="thumbnails")
    over = [seen("c", labels={"check": "full"}), seen("v", BEGIN + QUARTER, labels={"check": "full"})]
    never = [seen("m", labels={"check": "deep"}), seen("g", BEGIN + QUARTER, labels={"check": "deep"})]
    take_in(ledger, fires, waits, *over, *never)

    def found(**how: Any) -> set[str]:
        return {f"{alert.rule_id} {alert.labels['check']}" for alert in find_alerts(ledger, **how)}

    assert found() == {"task-outputs quick", "thumbnails quick", "task-outputs full"}
    assert found(states=[AlertState.FIRING]) == {"task-outputs quick"}
    assert found(states=[AlertState.RESOLVED]) == {"task-outputs full"}
    assert found(rule="thumbnails") == {"thumbnails quick"}
    assert found(level=Level.CRITICAL) == {"task-outputs full"}
    assert len(find_alerts(ledger, limit=2)) == 2


#: What is given for an alert, and a part of the answer.
STRANGE: list[tuple[str, str]] = [
    ("", "is no alert's id"),
    ("abc", "at least 4"),
    ("%%%%", "is no alert's id"),
    ("task-outputs", "is no alert's id"),
    ("ffffffff", "there is no alert ffffffff"),
    ("f" * 90, "there is no alert"),
]


@pytest.mark.parametrize(("given", "answer"), STRANGE)
def test_an_alert_that_there_is_not(ledger: Connection, given: str, answer: str) -> None:
    take_in(ledger, seen("h"))
    with pytest.raises(BadRequest, match=answer):
        require_alert(ledger, given)


def test_a_beginning_that_several_alerts_have_is_not_enough(ledger: Connection) -> None:
    take_in(ledger, *(seen("h", rule=f"rule-{number}") for number in range(400)))
    marks = sorted(alert.fingerprint for alert in find_alerts(ledger, limit=400))
    shared = next(one[:4] for one, other in pairwise(marks) if one[:4] == other[:4])
    with pytest.raises(BadRequest, match=f"more than one begins with {shared}"):
        require_alert(ledger, shared)


@pytest.mark.parametrize(("who", "note", "answer"), [(" ", "", "by: is empty"), ("ann", "x" * 501, "note: has 501")])
def test_who_and_why_have_bounds(ledger: Connection, who: str, note: str, answer: str) -> None:
    (alert,) = take_in(ledger, seen("h"))
    with pytest.raises(BadRequest, match=answer):
        acknowledge(ledger, SETTINGS, alert.id, who, BEGIN, note=note)
    with pytest.raises(BadRequest, match=answer):
        resolve(ledger, SETTINGS, alert.id, who, BEGIN, note=note)


def silence(ledger: Connection, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "matchers": {"rule": "task-outputs"},
        "author": "ann",
        "reason": "moving the bucket",
        "now": BEGIN,
        "ends_at": BEGIN + HOUR,
    }
    return add_silence(ledger, SETTINGS, **{**values, **changes})


#: What is changed about a silence that is well, and a part of the answer.
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"ends_at": None}, "needs an end"),
    ({"ends_at": BEGIN}, "is over already"),
    ({"starts_at": BEGIN + 2 * HOUR}, "is not after the start"),
    ({"starts_at": BEGIN - 2 * HOUR, "ends_at": BEGIN - HOUR}, "over already"),
    ({"matchers": {}}, "name what is to be silent, by rule, service"),
    ({"matchers": {"rules": "task-outputs"}}, "there is no 'rules'; did you mean rule"),
    ({"matchers": {"rule": "task-output"}}, "nothing is called 'task-output'; did you mean task-outputs"),
    ({"matchers": {"rule": ""}}, "rule: is empty"),
    ({"matchers": {"level": "hihg"}}, "did you mean high"),
    ({"matchers": {"kind": "missing_output"}}, "did you mean missing_outputs"),
    ({"matchers": {"level": "x*"}}, "known are low, medium, high, critical"),
    ({"matchers": {"check": "range"}}, "known are quick, full, deep"),
    ({"matchers": {"alert": "ffffffff"}}, "there is no alert"),
    ({"author": ""}, "by: is empty"),
    ({"reason": " \n"}, "reason: is empty"),
    ({"reason": "x" * 501}, "reason: has 501 characters"),
]


@pytest.mark.parametrize(("changes", "answer"), IMPOSSIBLE, ids=[answer for _, answer in IMPOSSIBLE])
def test_a_silence_that_nobody_can_have_meant(ledger: Connection, changes: dict[str, Any], answer: str) -> None:
    with pytest.raises(BadRequest, match=answer):
        silence(ledger, **changes)
    assert find_silences(ledger) == []


def test_silences_are_kept_and_found_while_they_hold(ledger: Connection) -> None:
    (alert,) = take_in(ledger, seen("h"))
    now = silence(ledger, matchers={"alert": alert.id[:6], "level": "h*"})
    later = silence(ledger, starts_at=BEGIN + HOUR, ends_at=BEGIN + 2 * HOUR)
    assert now.matchers == {"alert": alert.id, "level": "h*"}
    assert live_silences(ledger, BEGIN) == [now]
    assert live_silences(ledger, BEGIN + HOUR) == [later]
    assert find_silences(ledger, since=BEGIN + HOUR) == [later]
    assert len(find_silences(ledger)) == 2


def test_a_silence_that_is_ended_early_lets_what_it_kept_back_be_told(ledger: Connection) -> None:
    take_in(ledger, seen("h"), seen("h", rule="thumbnails"))
    calm(ledger)
    held = silence(ledger)
    assert armed(ledger) == 0
    ended = end_silence(ledger, SETTINGS, held.id[:8], "bob", BEGIN + QUARTER)
    assert (ended.ended_at, ended.ended_by) == (BEGIN + QUARTER, "bob")
    assert armed(ledger) == 1
    assert live_silences(ledger, BEGIN + QUARTER) == []
    with pytest.raises(BadRequest, match="over already"):
        end_silence(ledger, SETTINGS, held.id, "bob", BEGIN + QUARTER)
    with pytest.raises(BadRequest, match="there is no silence"):
        end_silence(ledger, SETTINGS, "nothing", "bob", BEGIN)
