"""Who is told: by routes and hours, when nobody acknowledges, of events, and while a channel is broken."""

from sqlalchemy import Engine, select

from consistency.database import transaction
from consistency.ledger.delivery_tables import deliveries
from notifiers.alerts.observation import Observation
from notifiers.deciding.rounds import adopt
from tests.factories.bulletin import bulletin, console, feishu, moment, route, settings_with, webhook, wrong

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def test_who_is_on_duty_later_hears_of_what_still_fires(sqlite: Engine) -> None:
    day, night = route("day", "chat", hours="09:00-18:00"), route("night", "mail")
    made = bulletin(sqlite, routes=[day, night])
    made.see(9 * HOUR, wrong("h"))
    assert made.look(9 * HOUR + 30) == ["mail: first c0"]
    assert made.next_look() == 11 * HOUR + 30
    made.look(11 * HOUR + 30)
    assert made.look(21 * HOUR) == ["chat: first c0"]
    assert made.look(22 * HOUR) == []
    made.see(22 * HOUR + 1, wrong("g"))
    assert sorted(made.look(22 * HOUR + 60)) == ["chat: all_resolved -c0", "mail: all_resolved -c0"]


def test_an_alert_that_takes_another_route_is_over_for_those_told_before(sqlite: Engine) -> None:
    grave, rest = route("grave", "mail", min_level="critical"), route("rest", "chat")
    made = bulletin(sqlite, routes=[grave, rest])
    made.see(0, wrong("h"))
    assert made.look(30) == ["chat: first c0"]
    made.see(100, wrong("c"))
    assert made.look(100) == ["mail: first c0"]
    made.see(200, wrong("g"))
    assert sorted(made.look(300)) == ["chat: all_resolved -c0", "mail: all_resolved -c0"]


def test_what_nobody_acknowledges_is_told_to_others_who_also_hear_of_the_end(sqlite: Engine) -> None:
    steps = [{"after": "10m", "to": ["mail"]}, {"after": "20m", "to": ["chat", "mail"]}]
    made = bulletin(sqlite, routes=[route("all", "chat", escalate=steps, repeat="1d")])
    made.see(0, wrong("h", 0))
    made.see(5, wrong("h", 1))
    assert made.look(30) == ["chat: first c0 c1"]
    made.acknowledge(1, 60, DAY)
    made.look(90)
    assert made.look(10 * MINUTE) == ["mail: escalated c0"]
    assert made.look(HOUR) == []
    made.see(HOUR, wrong("g", 0), wrong("g", 1))
    assert made.look(HOUR + 30) == ["chat: all_resolved -c0 -c1", "mail: all_resolved -c0"]


def test_others_are_told_of_what_has_come_back_only_when_nobody_has_acknowledged_since(engine: Engine) -> None:
    steps = [{"after": "10m", "to": ["mail"]}]
    made = bulletin(engine, routes=[route("all", "chat", escalate=steps, repeat="1d")])
    made.see(0, wrong("h"))
    assert made.look(30) == ["chat: first c0"]
    made.see(5 * MINUTE, wrong("g"))
    assert made.look(6 * MINUTE) == ["chat: all_resolved -c0"]
    made.see(20 * MINUTE, wrong("h"))
    assert made.look(21 * MINUTE) == ["chat: reopened c0"]
    assert made.next_look() == 30 * MINUTE
    assert made.look(30 * MINUTE) == ["mail: escalated c0"]


def test_others_who_heard_of_the_end_hear_that_it_is_back_when_nobody_has_acknowledged_since(engine: Engine) -> None:
    steps = [{"after": "10m", "to": ["mail"]}]
    made = bulletin(engine, routes=[route("all", "chat", escalate=steps, repeat="1d")])
    made.see(0, wrong("h"))
    made.look(30)
    assert made.look(10 * MINUTE) == ["mail: escalated c0"]
    made.see(12 * MINUTE, wrong("g"))
    assert made.look(13 * MINUTE) == ["chat: all_resolved -c0", "mail: all_resolved -c0"]
    made.see(20 * MINUTE, wrong("h"))
    assert made.look(21 * MINUTE) == ["chat: reopened c0"]
    made.acknowledge(0, 22 * MINUTE, DAY)
    assert made.look(HOUR) == []


def test_an_event_is_told_once_however_often_it_comes(sqlite: Engine) -> None:
    made = bulletin(sqlite)
    made.happen(0, "repair 1", "repair 1", "repair 2")
    assert made.look(20) == ["chat: event sync_success sync_success", "mail: event sync_success sync_success"]
    made.happen(30, "repair 1")
    assert made.look(DAY) == []
    assert made.next_look() is None


def test_programs_get_each_event_in_a_message_of_its_own(sqlite: Engine) -> None:
    made = bulletin(sqlite, channels={"chat": feishu(), "hook": webhook()})
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
    assert made.count(deliveries) == 6


def test_events_take_the_place_of_no_alerts_in_a_chat(sqlite: Engine) -> None:
    made = bulletin(sqlite, channels={"chat": feishu()})
    made.see(0, wrong("h"))
    made.look(30)
    made.happen(40, "repair 1")
    assert made.look(60) == ["chat: event sync_success"]
    with transaction(made.engine) as connection:
        assert set(connection.scalars(select(deliveries.c.state))) == {"queued"}


def test_an_event_waits_for_a_route_that_opens_later(sqlite: Engine) -> None:
    made = bulletin(sqlite, routes=[route("day", "chat", hours="14:00-18:00")])
    made.happen(0, "repair 1")
    assert made.look(60) == []
    assert made.look(2 * HOUR) == ["chat: event sync_success"]


def test_new_routes_are_told_of_what_fires_already_and_old_ones_of_its_end(sqlite: Engine) -> None:
    made = bulletin(sqlite, routes=[route("old", "chat")])
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


def broken(name: str, letter: str = "h") -> Observation:
    return wrong(letter, kind="channel_broken", rule="", labels={"channel": name, "check": f"{name} broken"})


def test_that_a_channel_is_broken_is_told_by_the_others(sqlite: Engine) -> None:
    made = bulletin(sqlite)
    made.see(0, broken("chat"))
    assert made.look(30) == ["mail: first chat broken"]
    made.see(600, broken("chat", "g"))
    assert made.look(700) == ["mail: all_resolved -chat broken"]


def test_that_the_only_channel_of_a_route_is_broken_is_told_by_its_fallback(sqlite: Engine) -> None:
    channels = {"chat": {**console(), "fallback": "mail"}, "mail": console(), "pager": console()}
    made = bulletin(sqlite, channels=channels, routes=[route("all", "chat")])
    made.see(0, broken("chat"), wrong("h", 1, rule=""))
    made.happen(1, "repair 1", rule="")
    assert made.look(30) == ["chat: first c1 sync_success", "mail: first chat broken"]
    made.see(600, broken("chat", "g"), wrong("g", 1, rule=""))
    assert made.look(700) == ["chat: all_resolved -c1", "mail: all_resolved -chat broken"]


def test_that_the_only_channel_of_a_route_is_broken_is_told_by_any_other(sqlite: Engine) -> None:
    steps = [{"after": "10m", "to": ["pager", "chat"]}]
    names = ("chat", "mail", "pager")
    made = bulletin(sqlite, channels=dict.fromkeys(names, console()), routes=[route("all", "chat", escalate=steps)])
    made.see(0, broken("chat"))
    assert made.look(30) == ["mail: first chat broken", "pager: first chat broken"]
    assert made.look(HOUR) == []
