"""What telling forgets: only what is over for `ledger_days`, and of which nobody still has to hear."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from consistency.database import transaction
from consistency.ledger.alert_tables import alert_changes, alerts, silences
from consistency.ledger.delivery_tables import deliveries, delivery_attempts, group_members, notices
from consistency.ledger.delivery_tables import notification_groups as groups
from notifiers.alerts.silences import add_silence
from notifiers.deliveries.states import DeliveryState
from notifiers.retention import forget_old
from notifiers.sweeping import sweep_all
from notifiers.telling import tell_check
from tests.factories.newsroom import Newsroom, newsroom_of

TABLES = (alerts, alert_changes, silences, deliveries, delivery_attempts, notices, groups, group_members)
MOMENTS = {
    alerts: ("starts_at", "fired_at", "resolved_at", "last_seen_at", "updated_at"),
    alert_changes: ("at",),
    deliveries: ("created_at", "finished_at"),
    notices: ("occurred_at",),
    groups: ("evaluated_at",),
}


@pytest.fixture
def room(engine: Engine, tmp_path: Path) -> Newsroom:
    return newsroom_of(engine, log_dir=tmp_path / "logs")


def age(room: Newsroom, days: int) -> None:
    """As if everything had happened so long ago, and every message had been sent then."""
    then = room.begin - timedelta(days=days)
    with transaction(room.resources.store) as connection:
        connection.execute(update(deliveries).values(state=DeliveryState.SENT, finished_at=then))
        for table, names in MOMENTS.items():
            for name in names:
                connection.execute(update(table).where(table.c[name].is_not(None)).values({name: then}))


def left(room: Newsroom) -> dict[str, int]:
    return {table.name.removeprefix("reconcilery_"): room.count(table) for table in TABLES if room.count(table)}


def incident(room: Newsroom, *, over: bool) -> None:
    tell_check(room.resources, room.check(300))
    if over:
        tell_check(room.resources, room.check(0, after=5))
    sweep_all(room.resources)


def rest(room: Newsroom) -> None:
    """Time asks for another look, after which nobody has to hear of what is long over."""
    with transaction(room.resources.store) as connection:
        connection.execute(update(groups).values(wake_at=room.begin))
    sweep_all(room.resources)


def test_what_is_long_over_is_forgotten_with_all_that_belongs_to_it(room: Newsroom) -> None:
    incident(room, over=True)
    room.repair(("paused", {"reason": "key rejected"}))
    sweep_all(room.resources)
    age(room, 91)
    rest(room)
    age(room, 91)
    done = forget_old(room.resources)
    assert (done["alerts_deleted"], done["notices_deleted"], done["deliveries_deleted"]) == (1, 1, 6)
    assert left(room) == {}


def test_what_is_over_for_less_is_kept_and_so_is_what_still_fires(room: Newsroom) -> None:
    incident(room, over=True)
    age(room, 89)
    before = left(room)
    assert sum(forget_old(room.resources).values()) == 0
    assert left(room) == before


def test_an_alert_that_still_fires_is_kept_however_old_it_is(room: Newsroom) -> None:
    incident(room, over=False)
    age(room, 1000)
    done = forget_old(room.resources)
    assert (done["alerts_deleted"], done["groups_deleted"]) == (0, 0)
    assert [alert.is_live for alert in room.alerts()] == [True]
    tell_check(room.resources, room.check(0, after=5))
    assert room.reasons() == ["all_resolved"]


def test_an_event_that_nobody_has_been_told_of_is_kept(room: Newsroom) -> None:
    closed = {"id": "m", "start": "2000-01-01T00:00:00Z", "end": "2999-01-01T00:00:00Z"}
    muted = room.with_settings(maintenance=[closed])
    muted.repair(("paused", {"reason": "key rejected"}))
    sweep_all(muted.resources)
    assert muted.messages() == []
    age(muted, 1000)
    assert forget_old(muted.resources)["notices_deleted"] == 0
    rest(room)
    assert [notice.event_type for notice in room.notices()] == ["repair_paused"]


def test_changes_that_stand_in_no_file_yet_are_kept(room: Newsroom) -> None:
    tell_check(room.resources, room.check(300))
    tell_check(room.resources, room.check(0, after=5))
    age(room, 91)
    with transaction(room.resources.store) as connection:
        connection.execute(group_members.delete())
    assert forget_old(room.resources)["alerts_deleted"] == 0
    assert room.count(alert_changes) == 2
    sweep_all(room.resources)
    age(room, 91)
    forget_old(room.resources)
    assert (room.count(alert_changes), room.count(alerts)) == (0, 0)


def test_silences_are_kept_for_as_long_after_they_were_over(room: Newsroom) -> None:
    for days in (-91, -89, 1):
        _silence(room, room.begin + timedelta(days=days))
    assert forget_old(room.resources)["silences_deleted"] == 1
    assert room.count(silences) == 2


def _silence(room: Newsroom, end: datetime) -> None:
    start = end - timedelta(hours=1)
    with transaction(room.resources.store) as connection:
        add_silence(
            connection, room.settings, {"rule": "task-outputs"}, "ann", "known", start, ends_at=end, starts_at=start
        )
