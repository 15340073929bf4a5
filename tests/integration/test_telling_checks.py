"""From the report of a check to the messages about it: taken in once, told once, and ended by later reports."""

from multiprocessing.pool import ThreadPool

import pytest
from sqlalchemy import Engine

from consistency.errors import CheckFailed
from consistency.ledger.alert_tables import alert_changes, alerts
from consistency.ledger.delivery_tables import deliveries
from notifiers.alerts.alert import AlertState
from notifiers.telling import Told, tell_check
from tests.factories.newsroom import Newsroom, newsroom_of
from tests.factories.reports import report_of


@pytest.fixture
def room(sqlite: Engine) -> Newsroom:
    return newsroom_of(sqlite)


@pytest.fixture
def everywhere(engine: Engine) -> Newsroom:
    return newsroom_of(engine)


def told(room: Newsroom, check_id: str) -> Told:
    return tell_check(room.resources, check_id)


def test_a_bad_report_is_an_alert_that_every_channel_hears_of_with_what_to_do(everywhere: Newsroom) -> None:
    check_id = everywhere.check(300)
    done = told(everywhere, check_id)
    assert done.answer == {"verdict": _verdict(300), "check_id": check_id, "told": True, "deliveries": 2}
    assert len(done.deliveries) == 2
    (alert,) = everywhere.alerts()
    assert (alert.state, alert.level, alert.labels) == (AlertState.FIRING, "critical", {"check": "full"})
    for channel in ("chat", "mail"):
        (message,) = everywhere.messages(channel)
        (fact,) = message.firing
        assert (message.reason, message.level, fact.summary) == ("first", "critical", _verdict(300))
        assert fact.command.startswith("reconcilery repair plan --start-date ")
        assert (fact.numbers["missing"], fact.numbers["tasks"]) == (300, 378)


def test_a_good_report_after_it_ends_it_once_in_the_same_thread(everywhere: Newsroom) -> None:
    told(everywhere, everywhere.check(300))
    told(everywhere, everywhere.check(0, after=5))
    told(everywhere, everywhere.check(0, after=10))
    assert everywhere.reasons() == ["first", "all_resolved"]
    assert len({message.thread for message in everywhere.messages()}) == 1
    assert [alert.state for alert in everywhere.alerts()] == [AlertState.RESOLVED]


def test_a_second_notify_takes_in_nothing_and_writes_nothing(everywhere: Newsroom) -> None:
    check_id = everywhere.check(300)
    told(everywhere, check_id)
    before = [everywhere.count(table) for table in (alerts, alert_changes, deliveries)]
    again = told(everywhere, check_id)
    assert (again.answer["told"], again.deliveries) == (False, ())
    assert [everywhere.count(table) for table in (alerts, alert_changes, deliveries)] == before


def test_eight_who_tell_the_same_check_tell_it_once(postgres: Engine) -> None:
    room = newsroom_of(postgres)
    check_id = room.check(300)
    with ThreadPool(8) as pool:
        done = pool.map(lambda _: told(room, check_id), range(8))
    assert sorted(each.answer["told"] for each in done) == [False] * 7 + [True]
    assert sum(len(each.deliveries) for each in done) == 2
    assert room.reasons() == ["first"]


def test_reports_that_are_told_in_the_wrong_order_change_nothing_back(room: Newsroom) -> None:
    first, early, late = room.check(300), room.check(301, after=5), room.check(0, after=10)
    for check_id in (first, late, early):
        told(room, check_id)
    assert [alert.state for alert in room.alerts()] == [AlertState.RESOLVED]
    assert room.reasons() == ["first", "all_resolved"]


def test_a_report_of_a_part_and_one_of_the_past_alert_nobody(room: Newsroom) -> None:
    told(room, room.check(300, coverage=0.5))
    told(room, room.check(300, after=1, kind="range"))
    assert (room.count(alerts), room.count(deliveries)) == (0, 0)


def test_a_check_without_a_report_is_refused_in_one_line(room: Newsroom) -> None:
    with pytest.raises(CheckFailed, match="check nowhere has no report to tell of"):
        told(room, "nowhere")


def _verdict(missing: int) -> str:
    return str(report_of(missing)["verdict"])
