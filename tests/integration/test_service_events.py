"""Events of services on their way to people: through the routes, once each, and many of them in few messages."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from consistency.database import database_now, transaction
from consistency.event_checks import seal
from consistency.events import Event, event_time
from consistency.ledger.delivery_tables import deliveries, notices, notification_groups
from consistency.ledger.event_tables import events
from consistency.ledger.events import store_events, untold_events
from consistency.model import Level
from notifiers.deciding.flushing import MOST_ONE_BY_ONE
from notifiers.messages.crowds import MOST_CARRIED
from notifiers.messages.events import event_of
from notifiers.messages.message import NoticeFact
from notifiers.service_events import TOGETHER, take_in_events
from notifiers.sweeping import sweep_all
from notifiers.telling import tell_due
from tests.factories.bulletin import console, route, webhook
from tests.factories.kinds import LONG
from tests.factories.newsroom import Newsroom, newsroom_of
from tests.factories.taking_away import meanwhile

CHAT: dict[str, Any] = {"channels": {"chat": console()}}


def happen(room: Newsroom, count: int = 1, first: int = 0, **values: Any) -> list[Event]:
    """So many events come in now, as a service with the same settings brings them."""
    known = {"event_type": "sync_failure", "level": "error", "service": "datasync", "details": {"table": "coin_data"}}
    with transaction(room.resources.store) as connection:
        now = database_now(connection)
        made = [an_event(number, now, {**known, **values}) for number in range(first, first + count)]
        sealed = [seal(event) for event in made]
        store_events(connection, sealed, now, room.settings.tell_events_from, room.settings.routed_types)
    return made


def an_event(number: int, now: datetime, values: dict[str, Any]) -> Event:
    return Event(timestamp=event_time(now), id=f"evt-{number:05}", message=f"sync {number} failed", **values)


def turn(room: Newsroom) -> None:
    """One turn of the sweeper, when everything has waited long enough."""
    take_in_events(room.resources)
    room.hurry()
    tell_due(room.resources)


def left_waiting(room: Newsroom) -> int:
    with transaction(room.resources.store) as connection:
        return len(untold_events(connection, 100_000))


def test_an_event_is_told_as_its_sender_wrote_it(engine: Engine) -> None:
    room = newsroom_of(engine)
    (event,) = happen(room)
    turn(room)
    for channel in ("chat", "mail"):
        (message,) = room.messages(channel)
        (notice,) = message.notices
        assert (message.reason, message.level, message.service) == ("event", Level.HIGH, "datasync")
        assert (notice.message, notice.level, notice.rule) == ("sync 0 failed", Level.HIGH, "")
        assert event_of(message) == event.body()
    assert left_waiting(room) == 0


def test_the_sweeper_takes_events_in(engine: Engine) -> None:
    room = newsroom_of(engine, **CHAT)
    happen(room)
    sweep_all(room.resources)
    assert (left_waiting(room), room.count(notices)) == (0, 1)


def test_mild_events_are_kept_and_told_to_nobody_unless_the_settings_say_so(engine: Engine) -> None:
    room = newsroom_of(engine, **CHAT)
    happen(room, level="info")
    turn(room)
    assert (room.count(events), room.messages()) == (1, [])
    curious = room.with_settings(tell_events_from="info", **CHAT)
    happen(curious, first=1, level="info")
    turn(curious)
    assert [notice.message for notice in curious.notices()] == ["sync 1 failed"]


def test_a_route_that_names_a_type_gets_its_events_at_any_level_and_nothing_else(engine: Engine) -> None:
    routes = [
        route("all", "chat"),
        route("syncs", "mail", events=["sync_success", "sync_failure"], services=["datasync"]),
    ]
    room = newsroom_of(engine, routes=routes)
    happen(room, event_type="sync_success", level="info")
    happen(room, first=1, event_type="sync_success", level="info", service="other")
    happen(room, first=2, event_type="cleanup_failure")
    room.check(300)
    sweep_all(room.resources)
    turn(room)
    assert [notice.message for notice in room.notices("mail")] == ["sync 0 failed"]
    assert [notice.message for notice in room.notices("chat")] == ["sync 2 failed"]
    assert [message.reason for message in room.messages("mail")] == ["event"]
    assert len([message for message in room.messages("chat") if message.alerts]) == 1


def test_the_products_own_events_are_known_by_their_ids_and_those_of_others_are_not(engine: Engine) -> None:
    room = newsroom_of(engine, **CHAT)
    happen(room, event_type="storage_warning", service=room.settings.service)
    happen(room, first=1, event_type="storage_warning")
    turn(room)
    assert {notice.message: notice.own_id for notice in room.notices()} == {
        "sync 0 failed": "evt-00000",
        "sync 1 failed": "",
    }


def test_nobody_is_told_in_a_maintenance_and_nothing_is_lost_in_it(engine: Engine) -> None:
    with transaction(engine) as connection:
        now = database_now(connection)
    window = {"id": "move", "start": now - timedelta(hours=1), "end": now + timedelta(hours=1)}
    room = newsroom_of(engine, maintenance=[window], **CHAT)
    happen(room, 3)
    turn(room)
    assert (left_waiting(room), room.messages()) == (0, [])
    after = room.with_settings(**CHAT)
    with transaction(engine) as connection:
        # As if its end had come.
        connection.execute(update(notification_groups).values(wake_at=room.begin))
    tell_due(after.resources)
    assert len(after.notices()) == 3


@pytest.mark.parametrize("database_url", LONG, indirect=True)
def test_ten_thousand_events_in_a_minute_are_few_messages(engine: Engine) -> None:
    room = newsroom_of(engine, channels={"chat": console(), "hook": webhook()})
    for second in range(5):
        happen(room, 2_000, second * 2_000, level="critical" if second == 3 else "error")
        sweep_all(room.resources)
    assert left_waiting(room) == 0
    room.hurry()
    tell_due(room.resources)
    messages = room.messages("chat")
    assert len(messages) <= 3
    assert sum(len(message.notices) + message.left_out for message in messages) == 10_000
    assert max(len(message.notices) for message in messages) == MOST_CARRIED
    assert any(notice.level is Level.CRITICAL for message in messages for notice in message.notices)
    told = room.messages("hook")
    assert len(told) <= 3 * MOST_ONE_BY_ONE
    assert sum(len(message.notices) + message.left_out for message in told) == 10_000
    assert room.count(events) == 10_000


def test_more_of_a_group_waits_until_its_last_message_is_long_enough_ago(engine: Engine) -> None:
    room = newsroom_of(engine, **CHAT)
    happen(room, level="critical")
    sweep_all(room.resources)
    assert len(room.messages()) == 1
    for number in range(1, 6):
        happen(room, first=number, level="critical")
        sweep_all(room.resources)
    assert len(room.messages()) == 1
    with transaction(engine) as connection:
        at = connection.scalar(select(notification_groups.c.flush_at))
        told_at = connection.scalar(select(func.max(deliveries.c.created_at)))
    assert at is not None
    assert told_at is not None
    assert at == told_at + timedelta(minutes=1)
    room.hurry()
    tell_due(room.resources)
    assert [len(message.notices) for message in room.messages()] == [1, 5]


def test_several_sweepers_at_once_tell_each_event_once(engine: Engine) -> None:
    room = newsroom_of(engine, **CHAT)
    happen(room, 3 * TOGETHER + 7)
    with meanwhile(*(lambda: take_in_events(room.resources) for _ in range(4))):
        pass
    assert left_waiting(room) == 0
    with transaction(engine) as connection:
        sources = list(connection.scalars(select(notices.c.source)))
    assert len(sources) == len(set(sources)) == 3 * TOGETHER + 7


def test_events_that_were_given_out_and_not_marked_are_not_told_again(engine: Engine) -> None:
    room = newsroom_of(engine, **CHAT)
    happen(room, 5)
    turn(room)
    with transaction(engine) as connection:
        connection.execute(update(events).values(untold_since=database_now(connection)))
    turn(room)
    assert len(room.notices()) == 5


def test_each_service_has_messages_of_its_own(engine: Engine) -> None:
    room = newsroom_of(engine, **CHAT)
    for number, service in enumerate(("datasync", "billing", "datasync")):
        happen(room, first=number, service=service)
    turn(room)
    assert sorted((message.service, len(message.notices)) for message in room.messages()) == [
        ("billing", 1),
        ("datasync", 2),
    ]


@pytest.mark.parametrize("message", ["", "x" * 4_000, "line\nbreak", "\x00 odd", "数据同步失败 🔥"])
def test_whatever_a_message_says_it_is_told(engine: Engine, message: str) -> None:
    room = newsroom_of(engine, **CHAT)
    with transaction(engine) as connection:
        now = database_now(connection)
        event = Event(event_time(now), "sync_failure", "error", "datasync", message, id="evt")
        store_events(connection, [seal(event)], now, room.settings.tell_events_from)
    turn(room)
    (notice,) = room.notices()
    assert isinstance(notice, NoticeFact)
    assert notice.message == message


def test_an_event_that_cannot_be_kept_for_its_group_keeps_no_other_back(postgres: Engine) -> None:
    room = newsroom_of(postgres, **CHAT)
    happen(room, 2)
    happen(room, first=2, service="nobody")
    happen(room, 2, first=3)
    with transaction(postgres) as connection:
        # As whoever meddles with the tables leaves it.
        meddled = seal(Event(event_time(room.begin), "x" * 100, "error", "datasync", "no"))
        connection.execute(update(events).where(events.c.id == "evt-00002").values(body=meddled.body.decode()))
    turn(room)
    assert (left_waiting(room), len(room.notices())) == (0, 4)
