"""Observations become alerts in the ledger: once each, whoever else is at it."""

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from consistency.database import transaction
from consistency.ledger.alert_tables import alert_changes, alerts
from consistency.ledger.delivery_tables import group_members, notification_groups
from consistency.settings import Settings
from notifiers.alerts.alert import Alert, AlertState, alert_of, row_of
from notifiers.alerts.changes import Changed
from notifiers.alerts.changing import observe
from notifiers.alerts.ingest import Ingested, ingest, ingest_report
from notifiers.alerts.observation import Observation
from notifiers.alerts.storing import change_known
from tests.factories.kinds import LONG
from tests.factories.observing import BEGIN, QUARTER, seen
from tests.factories.own_tables import make_own_tables
from tests.factories.reports import finding, report_of

SETTINGS = Settings(service="studio")


@pytest.fixture
def store(engine: Engine) -> Engine:
    make_own_tables(engine)
    return engine


@pytest.fixture
def small(sqlite: Engine) -> Engine:
    make_own_tables(sqlite)
    return sqlite


def take_in(store: Engine, observations: Iterable[Observation], now: datetime = BEGIN) -> Ingested:
    with transaction(store) as connection:
        return ingest(connection, SETTINGS, observations, now)


def read_report(store: Engine, report: dict[str, object], now: datetime = BEGIN) -> Ingested:
    with transaction(store) as connection:
        return ingest_report(connection, SETTINGS, report, now)


def stored(store: Engine) -> list[Alert]:
    with transaction(store) as connection:
        return [alert_of(row) for row in connection.execute(select(alerts).order_by("fingerprint"))]


def told(store: Engine) -> list[str]:
    with transaction(store) as connection:
        return list(connection.scalars(select(alert_changes.c.change).order_by("id")))


def test_what_is_kept_is_what_was_made(store: Engine) -> None:
    letters = ["h", "c", "g", "c", "v"]
    expected = Changed(None)
    for number, letter in enumerate(letters):
        at = BEGIN + number * QUARTER
        observation = seen(letter, at, summary="缺少输出 " * 101, labels={"check": "quick", "扩展": "é"})
        expected = observe(expected.alert, observation, at)
        take_in(store, [observation], at)
    (kept,) = stored(store)
    assert expected.alert is not None
    differing = {each.name for each in fields(Alert) if getattr(kept, each.name) != getattr(expected.alert, each.name)}
    assert differing == {"version", "summary"}
    assert (kept.version, kept.summary) == (5, ("缺少输出 " * 100)[:500])
    assert told(store) == ["fired", "severity_up", "recovering", "relapsed", "resolved", "repaired"]


def test_a_row_has_every_column_of_the_table() -> None:
    alert = observe(None, seen("h"), BEGIN).alert
    assert alert is not None
    assert row_of(alert).keys() == set(alerts.c.keys())


def test_what_comes_twice_is_taken_in_once(store: Engine) -> None:
    first = read_report(store, report_of(300))
    assert len(first.groups) == 1
    assert [str(change.what) for change in first.changes] == ["fired"]
    before = stored(store)
    assert read_report(store, report_of(300), BEGIN + QUARTER) == Ingested()
    assert stored(store) == before
    assert told(store) == ["fired"]


def test_one_ingest_takes_observations_of_one_thing_in_their_order(small: Engine) -> None:
    observations = [seen(letter, BEGIN + number * QUARTER) for number, letter in enumerate("mmgg")]
    done = take_in(small, reversed(observations), BEGIN + 3 * QUARTER)
    assert [str(change.what) for change in done.changes] == ["pending", "fired", "recovering", "resolved"]
    assert len(done.groups) == 1


def test_only_what_is_to_be_told_asks_for_a_look_at_its_group(store: Engine) -> None:
    assert take_in(store, [seen("m")]).groups == ()
    later = take_in(store, [seen("m", BEGIN + QUARTER)], BEGIN + QUARTER)
    with transaction(store) as connection:
        group = connection.execute(select(notification_groups)).one()
        members = connection.execute(select(group_members)).all()
    assert later.groups == (group.key,)
    assert group.flush_at is not None
    assert [tuple(member) for member in members] == [(group.key, stored(store)[0].id)]
    assert take_in(store, [seen("m", BEGIN + 2 * QUARTER)], BEGIN + 2 * QUARTER).groups == ()


def test_findings_that_a_later_report_does_not_make_are_over(store: Engine) -> None:
    both = [finding(level="high"), finding("volume", "high")]
    read_report(store, report_of(0, kind="full", findings=both))
    later = BEGIN + timedelta(hours=1)
    read_report(store, report_of(0, as_of=later, findings=[]), later)  # A quick check, which looks for neither.
    read_report(store, report_of(0, kind="full", as_of=later, findings=both[:1]), later)
    states = {alert.labels["source"]: alert.state for alert in stored(store)}
    assert states == {"database": AlertState.FIRING, "volume": AlertState.RESOLVED}
    assert told(store) == ["fired", "fired", "resolved"]


def test_a_finding_that_comes_and_goes_comes_to_rest(small: Engine) -> None:
    for number, found in enumerate([1, 0, 1, 0, 1, 0, 0, 0, 0]):
        at = BEGIN + number * timedelta(hours=1)
        read_report(small, report_of(0, kind="full", as_of=at, findings=[finding(level="high")] * found), at)
    assert told(small)[-4:] == ["fired", "flapping", "resolved", "steady"]
    assert not stored(small)[0].flapping


def test_what_was_never_wrong_leaves_nothing_behind(small: Engine) -> None:
    read_report(small, report_of(0))
    read_report(small, report_of(0, 0, as_of=BEGIN + QUARTER))
    assert stored(small) == []


def many(letter: str, at: datetime, count: int = 60) -> list[Observation]:
    return [seen(letter, at, rule=f"rule-{number % 7}", labels={"check": str(number)}) for number in range(count)]


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_many_who_see_the_same_at_once_write_it_once(store: Engine) -> None:
    def all_of(letter: str, at: datetime) -> None:
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(take_in, store, many(letter, at), at) for _ in range(8)]:
                done.result()

    all_of("h", BEGIN)
    all_of("c", BEGIN + QUARTER)
    all_of("v", BEGIN + 2 * QUARTER)
    assert Counter(told(store)) == dict.fromkeys(("fired", "severity_up", "resolved", "repaired"), 60)
    assert {alert.episode for alert in stored(store)} == {1}


def test_many_who_see_different_things_at_different_moments_lose_none(store: Engine) -> None:
    moments = [BEGIN + number * timedelta(seconds=1) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(take_in, store, many("c", at, 20), at) for at in moments]:
            done.result()
    found = stored(store)
    assert Counter(told(store)) == {"fired": 20}
    assert {alert.observed_at for alert in found} == {moments[-1]}
    with transaction(store) as connection:
        assert connection.scalar(select(func.count()).select_from(group_members)) == 20


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_a_change_by_somebody_else_meanwhile_is_seen(kind: str, request: pytest.FixtureRequest) -> None:
    store = request.getfixturevalue(kind)
    make_own_tables(store)
    take_in(store, [seen("h")])
    (alert,) = stored(store)
    asked: list[AlertState] = []

    def resolve(current: Alert) -> Changed:
        asked.append(current.state)
        if len(asked) == 1:
            take_in(store, [seen("g", BEGIN + QUARTER)], BEGIN + QUARTER)
        return observe(current, seen("g", BEGIN + 2 * QUARTER), BEGIN + 2 * QUARTER)

    with transaction(store) as connection:
        changed = change_known(connection, alert, resolve)
    assert asked == [AlertState.FIRING, AlertState.RESOLVING]
    assert stored(store) == [changed.alert]
    assert stored(store)[0].state is AlertState.RESOLVED


def test_why_it_was_not_told_is_left_to_those_who_tell(small: Engine) -> None:
    take_in(small, [seen("h")])
    with transaction(small) as connection:
        connection.execute(update(alerts).values(suppressed_by="maintenance: nightly"))
    take_in(small, [seen("c", BEGIN + QUARTER)], BEGIN + QUARTER)
    assert stored(small)[0].suppressed_by == "maintenance: nightly"


def test_history_keeps_what_was_seen(small: Engine) -> None:
    read_report(small, report_of(300))
    with transaction(small) as connection:
        row = connection.execute(select(alert_changes)).one()
    assert (row.alert_id, row.actor, row.level) == (stored(small)[0].id, "reconcilery", "critical")
    payload = json.loads(row.payload)
    assert payload["numbers"]["missing"] == 300
    assert payload["check_id"] == "quick at 2026-09-16T03:00:00Z"
