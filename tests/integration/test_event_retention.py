"""Old events are forgotten, unless somebody still has to hear of them; so are services silent for long."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from consistency.database import database_now, transaction
from consistency.events import EventLevel, WrittenEvent
from consistency.ledger.events import mark_events_told, store_events
from consistency.ledger.pulses import all_pulses
from consistency.resources import Resources
from consistency.settings import Settings
from monitoring import retention
from monitoring.retention import forget_old_events
from tests.factories.own_tables import make_own_tables
from tests.factories.travelling import arrived, on_its_way

DAY = timedelta(days=1)


@pytest.fixture
def resources(engine: Engine) -> Resources:
    make_own_tables(engine)
    return Resources(Settings(event_days=30), engine, engine, engine)


def now_of(engine: Engine) -> datetime:
    with transaction(engine) as connection:
        return database_now(connection)


def keep(engine: Engine, *events: WrittenEvent, now: datetime | None = None) -> None:
    with transaction(engine) as connection:
        store_events(connection, events, now or database_now(connection), EventLevel.ERROR)


def test_events_that_happened_long_ago_go_and_others_stay(resources: Resources) -> None:
    now = now_of(resources.store)
    ages = {1: 31 * DAY, 2: 29 * DAY, 3: -DAY, 4: 400 * DAY}
    keep(resources.store, *(on_its_way(number, timestamp=(now - age).isoformat()) for number, age in ages.items()))
    assert forget_old_events(resources) == {"events_deleted": 2, "pulses_deleted": 0}
    assert set(arrived(resources.store)) == {"evt-2", "evt-3"}


def test_an_event_of_which_nobody_was_told_yet_stays_until_then(resources: Resources) -> None:
    keep(resources.store, on_its_way(1, level="critical"))
    assert forget_old_events(resources)["events_deleted"] == 0
    with transaction(resources.store) as connection:
        mark_events_told(connection, ["evt-1"])
    assert forget_old_events(resources)["events_deleted"] == 1


def test_many_go_in_several_transactions(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_TOGETHER", 7)
    keep(resources.store, *(on_its_way(number) for number in range(30)))
    assert forget_old_events(resources)["events_deleted"] == 30


def test_a_service_that_was_not_heard_for_as_long_is_not_waited_for_any_more(resources: Resources) -> None:
    now = now_of(resources.store)
    for instance, age in (("old", 31 * DAY), ("new", DAY)):
        heard = {"heartbeat_seconds": 30, "status": "running", "instance": instance}
        at = (now - age).isoformat()
        keep(resources.store, on_its_way(1, event_type="service_status", timestamp=at, details=heard))
    assert forget_old_events(resources)["pulses_deleted"] == 1
    with transaction(resources.store) as connection:
        assert [pulse.instance for pulse in all_pulses(connection)] == ["new"]
