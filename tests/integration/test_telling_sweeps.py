"""What the sweeper finds that nobody else has seen to, and that one thing gone wrong holds up nothing else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, update

from consistency.database import connect, transaction
from consistency.ledger.alert_tables import alert_changes, alerts
from consistency.ledger.delivery_tables import channel_states, deliveries
from consistency.ledger.repair_tables import repair_metadata, repair_runs
from notifiers.alerts import handling
from notifiers.alerts.alert import Alert, AlertState
from notifiers.deliveries.states import DeliveryState
from notifiers.sweeping import due, sweep_all
from notifiers.telling import tell_check
from tests.acceptance.launching import eventually
from tests.factories.bulletin import console, route
from tests.factories.newsroom import Newsroom, newsroom_of

PAUSED = ("paused", {"reason": "key rejected"})


@pytest.fixture
def room(sqlite: Engine, tmp_path: Path) -> Newsroom:
    return newsroom_of(sqlite, log_dir=tmp_path / "logs")


def sweep(room: Newsroom) -> None:
    sweep_all(room.resources)


def alarmed(room: Newsroom) -> str:
    tell_check(room.resources, room.check(300))
    (alert,) = room.alerts()
    assert room.reasons() == ["first"]
    return alert.id


def break_channel(room: Newsroom, name: str) -> None:
    with transaction(room.resources.store) as connection:
        values = {"channel": name, "failures": 5, "probes": 0, "reason": "503", "updated_at": room.begin}
        connection.execute(insert(channel_states).values(**values, broken_since=room.begin))


def mend_channel(room: Newsroom, name: str) -> None:
    with transaction(room.resources.store) as connection:
        mine = channel_states.c.channel == name
        connection.execute(update(channel_states).where(mine).values(failures=0, broken_since=None, reason=""))


def test_checks_and_repairs_whose_messages_were_lost_are_told_once(engine: Engine, tmp_path: Path) -> None:
    room = newsroom_of(engine, log_dir=tmp_path / "logs")
    room.check(300)
    room.repair(PAUSED)
    for _ in range(3):
        sweep(room)
    assert room.reasons().count("first") == 1
    assert [notice.event_type for notice in room.notices()] == ["repair_paused"]
    assert set(due(room.resources)) == set(ids(room))


def ids(room: Newsroom) -> list[str]:
    with transaction(room.resources.store) as connection:
        return list(connection.scalars(select(deliveries.c.id)))


def test_what_is_sent_or_not_due_is_not_asked_for(room: Newsroom) -> None:
    alarmed(room)
    first, second = ids(room)
    with transaction(room.resources.store) as connection:
        one = update(deliveries).where(deliveries.c.id == first)
        connection.execute(one.values(state=DeliveryState.SENT))
        other = update(deliveries).where(deliveries.c.id == second)
        connection.execute(other.values(next_at=room.at(24 * 60)))
    assert due(room.resources) == ()


def test_an_acknowledgement_that_is_over_is_told_as_a_reminder(room: Newsroom) -> None:
    alert_id = alarmed(room)
    with transaction(room.resources.store) as connection:
        handling.acknowledge(connection, room.settings, alert_id, "ann", room.at(30), note="on it")
    room.hurry()
    sweep(room)
    assert [alert.acked_by for alert in room.alerts()] == ["ann"]
    with transaction(room.resources.store) as connection:
        connection.execute(update(alerts).values(acked_until=room.begin))
    sweep(room)
    (alert,) = room.alerts()
    assert (alert.state, alert.acked_by) == (AlertState.FIRING, None)
    room.hurry()
    sweep(room)
    assert room.reasons() == ["first", "ack_expired"]


def test_a_check_that_has_fallen_silent_is_told_and_ends_nothing(room: Newsroom) -> None:
    quick = room.with_settings(quick_every="1s")
    tell_check(quick.resources, quick.check(300, kind="quick"))
    silent = eventually(lambda: _silent(quick))
    assert silent is not None
    assert (silent.labels, silent.level) == ({"check": "quick"}, "high")
    quick.hurry()
    sweep(quick)
    (missing,) = quick.alerts()
    assert (missing.state, missing.stale) == (AlertState.FIRING, False)
    assert any(fact.kind == "checker_silent" for message in quick.messages() for fact in message.firing)


def _silent(room: Newsroom) -> Alert | None:
    """The alert of the silent check once it fires."""
    sweep(room)
    return next((alert for alert in room.alerts("checker_silent") if alert.state is AlertState.FIRING), None)


def test_a_broken_channel_is_told_through_another_and_never_through_itself(room: Newsroom) -> None:
    break_channel(room, "chat")
    sweep(room)
    room.hurry()
    sweep(room)
    assert room.messages("chat") == []
    (message,) = room.messages("mail")
    (fact,) = message.firing
    assert (fact.kind, fact.labels, fact.command) == (
        "channel_broken",
        {"channel": "chat"},
        "reconcilery notify test chat",
    )
    assert "503" in fact.summary
    mend_channel(room, "chat")
    sweep(room)
    room.hurry()
    sweep(room)
    assert room.messages("chat") == []
    assert room.reasons("mail") == ["first", "all_resolved"]


def test_a_lone_channel_that_is_broken_is_told_to_nobody_and_stands_in_the_list(sqlite: Engine, tmp_path: Path) -> None:
    room = newsroom_of(sqlite, log_dir=tmp_path / "logs", channels={"chat": console()})
    break_channel(room, "chat")
    for _ in range(2):
        sweep(room)
        room.hurry()
    assert room.messages("chat") == []
    assert [alert.state for alert in room.alerts("channel_broken")] == [AlertState.FIRING]


def test_after_a_change_of_routes_those_who_are_new_are_told_what_fires(room: Newsroom) -> None:
    alarmed(room)
    changed = room.with_settings(
        channels={"chat": console(), "mail": console(), "pager": console()}, routes=[route("all", "pager")]
    )
    sweep(changed)
    assert changed.reasons("pager") == ["first"]
    tell_check(changed.resources, changed.check(0, after=5))
    assert changed.reasons("pager") == ["first", "all_resolved"]
    # Those who were told before, by a route that is gone, hear how it ended.
    assert changed.reasons("chat") == ["first", "all_resolved"]


def test_a_channel_that_is_no_longer_set_up_is_told_nothing_and_stops_nobody(room: Newsroom) -> None:
    alarmed(room)
    changed = room.with_settings(channels={"mail": console()})
    tell_check(changed.resources, changed.check(0, after=5))
    sweep(changed)
    assert (changed.reasons("chat"), changed.reasons("mail")) == (["first"], ["first", "all_resolved"])


def test_without_the_tables_of_repairs_everything_else_is_swept(engine: Engine, tmp_path: Path) -> None:
    room = newsroom_of(engine, log_dir=tmp_path / "logs")
    repair_metadata.drop_all(engine)
    room.check(300)
    sweep(room)
    assert room.reasons() == ["first"]


def _spoil_report(room: Newsroom) -> None:
    room.check(300, after=-1, counts={})


def _spoil_scope(room: Newsroom) -> None:
    room.repair(PAUSED, run_id="spoiled")
    with transaction(room.resources.primary) as connection:
        connection.execute(update(repair_runs).where(repair_runs.c.id == "spoiled").values(scope="{"))


def _lose_run(room: Newsroom) -> None:
    room.repair(PAUSED, run_id="gone")
    with transaction(room.resources.primary) as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(repair_runs.delete().where(repair_runs.c.id == "gone"))


#: Reports that no check of ours would write, and a repair that is gone.
TORN: dict[str, Callable[[Newsroom], None]] = {
    "a report without its numbers": _spoil_report,
    "a repair that is gone": _lose_run,
    "a repair without a scope": _spoil_scope,
}


@pytest.mark.parametrize("spoil", TORN.values(), ids=TORN)
def test_what_cannot_be_read_holds_up_nothing_else(room: Newsroom, spoil: Callable[[Newsroom], None]) -> None:
    spoil(room)
    room.check(300)
    room.repair(PAUSED)
    sweep(room)
    assert room.reasons().count("first") == 1
    assert "repair_paused" in [notice.event_type for notice in room.notices()]


def test_every_change_is_in_the_files_once(room: Newsroom) -> None:
    alarmed(room)
    tell_check(room.resources, room.check(0, after=5))
    for _ in range(2):
        sweep(room)
    files = sorted((room.settings.log_dir / "alerts").glob("alerts_*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert [line["change"] for line in lines] == ["fired", "resolved"]
    assert len(lines) == room.count(alert_changes)


def test_a_log_folder_that_cannot_be_written_holds_up_no_message(room: Newsroom) -> None:
    tell_check(room.resources, room.check(300))
    history = room.resources.settings.log_dir / "alerts"
    history.parent.mkdir(exist_ok=True)
    history.write_text("a file stands where the folder should be", encoding="utf-8")
    sweep(room)
    with transaction(room.resources.store) as connection:
        assert list(connection.scalars(select(alert_changes.c.id).where(alert_changes.c.filed_at.is_(None))))
    history.unlink()
    sweep(room)
    with transaction(room.resources.store) as connection:
        assert not list(connection.scalars(select(alert_changes.c.id).where(alert_changes.c.filed_at.is_(None))))


def test_a_replica_that_is_behind_is_never_asked(sqlite: Engine, tmp_path: Path) -> None:
    room = newsroom_of(sqlite, log_dir=tmp_path / "logs")
    behind = connect(f"sqlite:///{tmp_path / 'behind.sqlite'}", own_file=True)
    room.resources.read = behind
    room.check(300)
    room.repair(PAUSED)
    sweep(room)
    behind.dispose()
    assert (room.reasons().count("first"), len(room.notices())) == (1, 1)
