"""What is told of groups of alerts over time: when, why, and that nothing is forgotten."""

from datetime import timedelta

from sqlalchemy import Engine

from consistency.database import transaction
from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import deliveries, group_members, notices, notification_groups
from consistency.model import Level
from notifiers.alerts import handling
from notifiers.deciding.rounds import flush_due
from notifiers.routing.due import rearm_missed
from notifiers.routing.retention import forget_groups, forget_notices
from tests.factories.bulletin import NOON, bulletin, console, moment, wrong

HOUR, DAY = 3600.0, 86_400.0
ONE = {"channels": {"chat": console()}}


def test_what_comes_in_together_is_one_message_a_channel(sqlite: Engine) -> None:
    made = bulletin(sqlite, public_url="https://monitor.example/")
    made.see(0, wrong("h", 0))
    made.see(5, wrong("h", 1), wrong("m", 2))
    assert made.look(14) == []
    sent = made.messages(20)
    assert [channel for channel, _ in sent] == ["chat", "mail"]
    message = sent[0][1]
    assert (message.reason, message.level, message.service, message.rule) == (
        "first", Level.HIGH, "studio", "task-outputs",
    )  # fmt: skip
    assert [alert.labels["check"] for alert in message.firing] == ["c0", "c1"]
    assert message.firing[0].link == f"https://monitor.example/alerts/{made.alert(0).id}"
    assert message.id.startswith("msg_")
    assert message.id != sent[1][1].id
    assert message.thread == sent[1][1].thread
    assert made.look(20) == []


def test_what_is_critical_is_told_at_once_and_what_follows_together(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong("c", 0))
    assert made.look(0) == ["chat: first c0"]
    made.see(2, wrong("c", 1))
    made.see(9, wrong("c", 2))
    assert made.look(9) == []
    assert made.next_look() == 60
    assert made.look(60) == ["chat: new_alerts c0 c1 c2"]


def test_what_is_over_before_it_was_told_is_not_told(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong("h"))
    made.see(5, wrong("g"))
    assert made.look(30) == []
    assert made.next_look() is None
    assert made.count(group_members) == 0


def test_the_end_is_told_once_to_those_who_heard_of_the_beginning(sqlite: Engine) -> None:
    made = bulletin(sqlite)
    made.see(0, wrong("h", 0), wrong("h", 1))
    made.look(30)
    made.see(400, wrong("g", 0))
    assert made.look(430) == ["chat: some_resolved c1 -c0", "mail: some_resolved c1 -c0"]
    made.see(440, wrong("g", 1))
    assert made.look(470) == ["chat: all_resolved -c1", "mail: all_resolved -c1"]
    made.see(500, wrong("g", 0), wrong("g", 1))
    assert made.look(DAY) == []


def test_what_comes_back_soon_is_said_to_be_back(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    for after, letter in ((0, "h"), (100, "g"), (200, "h")):
        made.see(after, wrong(letter))
        told = made.look(after + 30)
    assert told == ["chat: reopened c0"]


def test_what_goes_on_is_told_again_and_worse_at_once(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong("h"))
    made.look(10)
    assert made.next_look() == 2 * HOUR + 10
    assert made.look(2 * HOUR + 10) == ["chat: repeat c0"]
    made.see(2 * HOUR + 20, wrong("c"))
    assert made.look(2 * HOUR + 20) == ["chat: severity_up c0"]
    assert made.next_look() == 2.5 * HOUR + 20


def test_an_acknowledgement_stops_reminders_and_its_end_is_one(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong("c"))
    made.look(0)
    made.acknowledge(0, 60, 3 * HOUR)
    assert made.look(61) == []
    assert made.next_look() == 3 * HOUR
    with transaction(made.engine) as connection:
        handling.expire_acks(connection, made.settings, moment(3 * HOUR))
    assert made.look(3 * HOUR + 5) == ["chat: ack_expired c0"]


def test_mild_alerts_are_told_once_a_day(sqlite: Engine) -> None:
    made = bulletin(sqlite, digest_at="18:00", **ONE)
    made.see(0, wrong("l", 0))
    made.see(HOUR, wrong("l", 1))
    assert [made.look(after) for after in (100, HOUR + 100)] == [[], []]
    assert made.next_look() == 6 * HOUR
    assert made.look(6 * HOUR) == ["chat: first c0 c1"]
    made.see(7 * HOUR, wrong("g", 0))
    assert made.look(8 * HOUR) == []
    assert made.look(DAY + 6 * HOUR) == ["chat: some_resolved c1 -c0"]


def test_what_was_told_as_worse_does_not_end_with_the_digest(sqlite: Engine) -> None:
    made = bulletin(sqlite, digest_at="18:00", **ONE)
    made.see(0, wrong("m"))
    assert made.look(20) == ["chat: first c0"]
    for number in range(1, 4):
        made.see(1000 * number, wrong("l"))
    made.see(5000, wrong("g"))
    assert made.alert().level is Level.LOW
    assert made.look(5100) == ["chat: all_resolved -c0"]


def test_flapping_is_told_once_and_once_more_when_it_stops(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    told = []
    for number, letter in enumerate("hghghghghggg"):
        made.see(900 * number, wrong(letter))
        told += made.look(900 * number + 60)
    assert told[-2:] == ["chat: flapping c0", "chat: all_resolved -c0"]
    assert made.alert().suppressed_by is None


def test_a_group_that_missed_a_change_is_looked_at(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    (key,) = made.see(0, wrong("h"))
    made.look(30)
    with transaction(made.engine) as connection:
        assert rearm_missed(connection, moment(40)) == []
        connection.execute(alerts.update().values(state="resolved", resolved_at=moment(50), updated_at=moment(50)))
        assert rearm_missed(connection, moment(60)) == [key]
    assert made.look(60) == ["chat: all_resolved -c0"]


def test_a_round_looks_at_what_is_due_by_the_clock_of_the_database(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong("h"))
    assert len(flush_due(made.engine, made.settings)) == 1
    assert flush_due(made.engine, made.settings) == []


def test_what_is_left_of_nothing_is_forgotten(sqlite: Engine) -> None:
    made = bulletin(sqlite, **ONE)
    made.see(0, wrong("h"))
    made.look(30)
    made.happen(40, "repair 1")
    made.look(100)
    later = NOON + timedelta(days=90)
    with transaction(made.engine) as connection:
        assert forget_notices(connection, NOON) == 0
        assert forget_notices(connection, later) == 1
        assert forget_groups(connection, later) == 0
    made.see(200, wrong("g"))
    made.look(2 * HOUR)
    made.see(4 * HOUR, wrong("h"), wrong("g"))
    made.look(5 * HOUR)
    with transaction(made.engine) as connection:
        connection.execute(alerts.delete())
        assert forget_groups(connection, later) == 0
        connection.execute(deliveries.delete())
        assert forget_groups(connection, NOON) == 0
        assert forget_groups(connection, later) == 1
    assert (made.count(notification_groups), made.count(notices)) == (0, 0)
