"""What is told of groups of alerts over time: when, to whom, why, and what is kept back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from consistency.database import transaction
from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import deliveries, group_members, notices, notification_groups
from consistency.model import Level
from notifiers.alerts import handling
from notifiers.alerts.silences import add_silence, end_silence
from notifiers.deciding.rounds import adopt, flush_due
from notifiers.routing.due import rearm_missed
from notifiers.routing.retention import forget_groups, forget_notices
from tests.factories.bulletin import (
    NOON,
    Bulletin,
    bulletin,
    console,
    feishu,
    moment,
    settings_with,
    webhook,
    wrong,
)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
ONE = {"channels": {"chat": console()}}
Make = Callable[..., Bulletin]


@pytest.fixture
def house(sqlite: Engine) -> Make:
    """Makes a house with these settings."""

    def make(**settings: Any) -> Bulletin:
        return bulletin(sqlite, **settings)

    return make


def route(name: str, *receivers: str, **values: Any) -> dict[str, Any]:
    return {"id": name, "receivers": receivers, **values}


def silence(made: Bulletin, after: float, until: float, **matchers: str) -> str:
    with transaction(made.engine) as connection:
        now, end = moment(after), moment(until)
        return add_silence(connection, made.settings, matchers, "ann", "known", now, ends_at=end).id


def acknowledge(made: Bulletin, number: int, after: float, until: float) -> None:
    given = made.alert(number).id
    with transaction(made.engine) as connection:
        handling.acknowledge(connection, made.settings, given, "ann", moment(after), until=moment(until))


def count(made: Bulletin, table: Any) -> int:
    with transaction(made.engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_what_comes_in_together_is_one_message_a_channel(house: Make) -> None:
    made = house(public_url="https://monitor.example/")
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


def test_what_is_critical_is_told_at_once_and_what_follows_together(house: Make) -> None:
    made = house(**ONE)
    made.see(0, wrong("c", 0))
    assert made.look(0) == ["chat: first c0"]
    made.see(2, wrong("c", 1))
    made.see(9, wrong("c", 2))
    assert made.look(9) == []
    assert made.next_look() == 60
    assert made.look(60) == ["chat: new_alerts c0 c1 c2"]


def test_what_is_over_before_it_was_told_is_not_told(house: Make) -> None:
    made = house(**ONE)
    made.see(0, wrong("h"))
    made.see(5, wrong("g"))
    assert made.look(30) == []
    assert made.next_look() is None
    assert count(made, group_members) == 0


def test_the_end_is_told_once_to_those_who_heard_of_the_beginning(house: Make) -> None:
    made = house()
    made.see(0, wrong("h", 0), wrong("h", 1))
    made.look(30)
    made.see(400, wrong("g", 0))
    assert made.look(430) == ["chat: some_resolved c1 -c0", "mail: some_resolved c1 -c0"]
    made.see(440, wrong("g", 1))
    assert made.look(470) == ["chat: all_resolved -c1", "mail: all_resolved -c1"]
    made.see(500, wrong("g", 0), wrong("g", 1))
    assert made.look(DAY) == []


def test_what_comes_back_soon_is_said_to_be_back(house: Make) -> None:
    made = house(**ONE)
    for after, letter in ((0, "h"), (100, "g"), (200, "h")):
        made.see(after, wrong(letter))
        told = made.look(after + 30)
    assert told == ["chat: reopened c0"]


def test_what_goes_on_is_told_again_and_worse_at_once(house: Make) -> None:
    made = house(**ONE)
    made.see(0, wrong("h"))
    made.look(10)
    assert made.next_look() == 2 * HOUR + 10
    assert made.look(2 * HOUR + 10) == ["chat: repeat c0"]
    made.see(2 * HOUR + 20, wrong("c"))
    assert made.look(2 * HOUR + 20) == ["chat: severity_up c0"]
    assert made.next_look() == 2.5 * HOUR + 20


def test_an_acknowledgement_stops_reminders_and_its_end_is_one(house: Make) -> None:
    made = house(**ONE)
    made.see(0, wrong("c"))
    made.look(0)
    acknowledge(made, 0, 60, 3 * HOUR)
    assert made.look(61) == []
    assert made.next_look() == 3 * HOUR
    with transaction(made.engine) as connection:
        handling.expire_acks(connection, made.settings, moment(3 * HOUR))
    assert made.look(3 * HOUR + 5) == ["chat: repeat c0"]


def test_mild_alerts_are_told_once_a_day(house: Make) -> None:
    made = house(digest_at="18:00", **ONE)
    made.see(0, wrong("l", 0))
    made.see(HOUR, wrong("l", 1))
    assert [made.look(after) for after in (100, HOUR + 100)] == [[], []]
    assert made.next_look() == 6 * HOUR
    assert made.look(6 * HOUR) == ["chat: first c0 c1"]
    made.see(7 * HOUR, wrong("g", 0))
    assert made.look(8 * HOUR) == []
    assert made.look(DAY + 6 * HOUR) == ["chat: some_resolved c1 -c0"]


def test_what_was_told_as_worse_does_not_end_with_the_digest(house: Make) -> None:
    made = house(digest_at="18:00", **ONE)
    made.see(0, wrong("m"))
    assert made.look(20) == ["chat: first c0"]
    for number in range(1, 4):
        made.see(1000 * number, wrong("l"))
    made.see(5000, wrong("g"))
    assert made.alert().level is Level.LOW
    assert made.look(5100) == ["chat: all_resolved -c0"]


def test_a_silence_keeps_back_what_fires_until_it_ends(house: Make) -> None:
    made = house(**ONE)
    silence(made, 0, HOUR, rule="task-*")
    made.see(1, wrong("h"))
    assert made.look(30) == []
    assert made.alert().suppressed_by == "silence by ann until 2025-09-15T13:00:00Z: known"
    assert made.look(HOUR) == ["chat: unsilenced c0"]
    assert made.alert().suppressed_by is None


def test_a_silence_that_is_ended_early_is_noticed(house: Make) -> None:
    made = house(**ONE)
    given = silence(made, 0, DAY, rule="task-outputs")
    made.see(1, wrong("h"))
    made.look(30)
    with transaction(made.engine) as connection:
        end_silence(connection, made.settings, given, "ann", moment(40))
    assert made.look(100) == ["chat: unsilenced c0"]


def test_a_silence_after_the_message_does_not_hide_the_end(house: Make) -> None:
    made = house(**ONE)
    made.see(0, wrong("h"))
    made.look(30)
    silence(made, 60, DAY, kind="missing_outputs")
    assert made.look(3 * HOUR) == []
    made.see(4 * HOUR, wrong("g"))
    assert made.look(4 * HOUR + 30) == ["chat: all_resolved -c0"]


def test_a_graver_alert_of_the_rule_hides_milder_ones_until_it_is_over(house: Make) -> None:
    made = house(**ONE, routes=[route("all", "chat", group_by=["check"])])
    made.see(0, wrong("c", 0), wrong("m", 1), wrong("c", 2, rule="other"))
    assert sorted(made.look(30)) == ["chat: first c0", "chat: first c2"]
    assert made.alert(1).suppressed_by == f"critical alert {made.alert(0).id[:8]} of the same rule"
    made.see(100, wrong("g", 0))
    assert sorted(made.look(200)) == ["chat: all_resolved -c0", "chat: unsilenced c1"]


#: What would hide a mild alert, and does not.
HIDES_NOTHING: dict[str, dict[str, Any]] = {
    "of the same level": {"letter": "m"},
    "of another service": {"service": "other"},
    "a check that is silent": {"kind": "checker_silent"},
}


@pytest.mark.parametrize("how", HIDES_NOTHING.values(), ids=HIDES_NOTHING)
def test_other_alerts_hide_nothing(house: Make, how: dict[str, Any]) -> None:
    made = house(**ONE)
    made.see(0, wrong(**{"letter": "c", "number": 0, **how}), wrong("m", 1))
    assert any("c1" in line for line in made.look(30))


def test_an_alert_that_is_silenced_itself_hides_nothing(house: Make) -> None:
    made = house(**ONE)
    silence(made, 0, DAY, fingerprint=wrong(number=0).fingerprint)
    made.see(0, wrong("c", 0), wrong("m", 1))
    assert made.look(30) == ["chat: first c1"]


def test_nobody_is_told_during_a_maintenance_and_everybody_afterwards(house: Make) -> None:
    made = house(**ONE, maintenance=[{"id": "move", "days": ["mon"], "hours": "12:10-13:00"}])
    made.see(0, wrong("h", 0))
    assert made.look(30) == ["chat: first c0"]
    made.see(20 * MINUTE, wrong("g", 0), wrong("h", 1))
    made.happen(20 * MINUTE, "repair 1")
    assert made.look(30 * MINUTE) == []
    assert made.alert(1).suppressed_by == "maintenance move"
    assert made.look(HOUR) == ["chat: unsilenced c1 -c0 sync_success"]


def test_who_is_on_duty_later_hears_of_what_still_fires(house: Make) -> None:
    day, night = route("day", "chat", hours="09:00-18:00"), route("night", "mail")
    made = house(routes=[day, night])
    made.see(9 * HOUR, wrong("h"))
    assert made.look(9 * HOUR + 30) == ["mail: first c0"]
    assert made.next_look() == 11 * HOUR + 30
    made.look(11 * HOUR + 30)
    assert made.look(21 * HOUR) == ["chat: first c0"]
    assert made.look(22 * HOUR) == []
    made.see(22 * HOUR + 1, wrong("g"))
    assert sorted(made.look(22 * HOUR + 60)) == ["chat: all_resolved -c0", "mail: all_resolved -c0"]


def test_an_alert_that_takes_another_route_is_over_for_those_told_before(house: Make) -> None:
    grave, rest = route("grave", "mail", min_level="critical"), route("rest", "chat")
    made = house(routes=[grave, rest])
    made.see(0, wrong("h"))
    assert made.look(30) == ["chat: first c0"]
    made.see(100, wrong("c"))
    assert made.look(100) == ["mail: first c0"]
    made.see(200, wrong("g"))
    assert sorted(made.look(300)) == ["chat: all_resolved -c0", "mail: all_resolved -c0"]


def test_what_nobody_acknowledges_is_told_to_others_who_also_hear_of_the_end(house: Make) -> None:
    steps = [{"after": "10m", "to": ["mail"]}, {"after": "20m", "to": ["chat", "mail"]}]
    made = house(routes=[route("all", "chat", escalate=steps, repeat="1d")])
    made.see(0, wrong("h", 0))
    made.see(5, wrong("h", 1))
    assert made.look(30) == ["chat: first c0 c1"]
    acknowledge(made, 1, 60, DAY)
    made.look(90)
    assert made.look(10 * MINUTE) == ["mail: escalated c0"]
    assert made.look(HOUR) == []
    made.see(HOUR, wrong("g", 0), wrong("g", 1))
    assert made.look(HOUR + 30) == ["chat: all_resolved -c0 -c1", "mail: all_resolved -c0"]


def test_flapping_is_told_once_and_once_more_when_it_stops(house: Make) -> None:
    made = house(**ONE)
    told = []
    for number, letter in enumerate("hghghghghggg"):
        made.see(900 * number, wrong(letter))
        told += made.look(900 * number + 60)
    assert told[-2:] == ["chat: flapping c0", "chat: all_resolved -c0"]
    assert made.alert().suppressed_by is None


def test_an_event_is_told_once_however_often_it_comes(house: Make) -> None:
    made = house()
    made.happen(0, "repair 1", "repair 1", "repair 2")
    assert made.look(20) == ["chat: event sync_success sync_success", "mail: event sync_success sync_success"]
    made.happen(30, "repair 1")
    assert made.look(DAY) == []
    assert made.next_look() is None


def test_programs_get_each_event_in_a_message_of_its_own(house: Make) -> None:
    made = house(channels={"chat": feishu(), "hook": webhook()})
    made.see(0, wrong("h"))
    made.happen(1, "repair 1", "repair 2")
    assert made.look(30) == [
        "chat: first c0 sync_success sync_success",
        "hook: event sync_success",
        "hook: event sync_success",
        "hook: first c0",
    ]
    made.see(40, wrong("c"))
    assert made.look(40) == ["chat: severity_up c0 sync_success sync_success", "hook: severity_up c0"]
    assert count(made, deliveries) == 6


def test_events_take_the_place_of_no_alerts_in_a_chat(house: Make) -> None:
    made = house(channels={"chat": feishu()})
    made.see(0, wrong("h"))
    made.look(30)
    made.happen(40, "repair 1")
    assert made.look(60) == ["chat: event sync_success"]
    with transaction(made.engine) as connection:
        assert set(connection.scalars(select(deliveries.c.state))) == {"queued"}


def test_an_event_waits_for_a_route_that_opens_later(house: Make) -> None:
    made = house(routes=[route("day", "chat", hours="14:00-18:00")])
    made.happen(0, "repair 1")
    assert made.look(60) == []
    assert made.look(2 * HOUR) == ["chat: event sync_success"]


def test_new_routes_are_told_of_what_fires_already_and_old_ones_of_its_end(house: Make) -> None:
    made = house(routes=[route("old", "chat")])
    made.see(0, wrong("h"))
    made.look(30)
    made.settings = settings_with(routes=[route("new", "mail")])
    with transaction(made.engine) as connection:
        assert len(adopt(connection, made.settings, moment(60))) == 2
    assert made.look(90) == ["mail: first c0"]
    with transaction(made.engine) as connection:
        assert adopt(connection, made.settings, moment(100)) == []
    assert made.look(90 + 2 * HOUR) == ["mail: repeat c0"]
    made.see(3 * HOUR, wrong("g"))
    assert sorted(made.look(3 * HOUR + 60)) == ["chat: all_resolved -c0", "mail: all_resolved -c0"]


def test_a_group_that_missed_a_change_is_looked_at(house: Make) -> None:
    made = house(**ONE)
    (key,) = made.see(0, wrong("h"))
    made.look(30)
    with transaction(made.engine) as connection:
        assert rearm_missed(connection, moment(40)) == []
        connection.execute(alerts.update().values(state="resolved", resolved_at=moment(50), updated_at=moment(50)))
        assert rearm_missed(connection, moment(60)) == [key]
    assert made.look(60) == ["chat: all_resolved -c0"]


def test_a_round_looks_at_what_is_due_by_the_clock_of_the_database(house: Make) -> None:
    made = house(**ONE)
    made.see(0, wrong("h"))
    assert len(flush_due(made.engine, made.settings)) == 1
    assert flush_due(made.engine, made.settings) == []


def test_what_is_left_of_nothing_is_forgotten(house: Make) -> None:
    made = house(**ONE)
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
    assert (count(made, notification_groups), count(made, notices)) == (0, 0)
