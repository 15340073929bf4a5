"""When a maintenance covers an alert, and what a message says of one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consistency.model import Level
from consistency.settings import Settings
from notifiers.deciding.composing import Envelope, compose, fact_of
from notifiers.deciding.suppression import maintenance_at, maintenance_end
from notifiers.messages.message import Message, NoticeFact, Repaired
from tests.factories.observing import BEGIN, REPAIRED, alert_after

#: A Monday, eight o'clock in the evening in Shanghai.
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def between(first: int, last: int) -> dict[str, Any]:
    return {"start": NOW + first * HOUR, "end": NOW + last * HOUR}


#: What the maintenance says; hours until it ends, None where it does not cover the alert.
WINDOWS: list[tuple[dict[str, Any], float | None]] = [
    (between(-1, 2), 2),
    (between(0, 2), 2),
    (between(-1, 0), None),  # Its end is no longer in it.
    (between(1, 2), None),
    ({"hours": "19:30-21:30"}, 1.5),
    ({"hours": "19:30-21:30", "days": ["tue"]}, None),
    ({"days": ["mon"]}, 4),
    ({"hours": "20:00-02:00", "days": ["mon"]}, 6),
    ({"hours": "19:00-23:00", **between(-1, 1)}, 1),  # Both have to hold.
    ({"hours": "12:00-13:00", **between(-1, 1)}, None),
    ({"rules": ["r", "other"], **between(-1, 2)}, 2),
    ({"rules": ["other"], **between(-1, 2)}, None),
    ({"services": ["other"], **between(-1, 2)}, None),
]


@pytest.mark.parametrize(("said", "hours"), WINDOWS)
def test_a_maintenance_covers_what_it_names_for_its_time(said: dict[str, Any], hours: float | None) -> None:
    settings = Settings.model_validate({"timezone": "Asia/Shanghai", "maintenance": [{"id": "m", **said}]})
    window = maintenance_at(settings, "s", "r", NOW)
    assert (window is None) is (hours is None)
    if window is not None and hours is not None:
        assert maintenance_end(window, NOW, SHANGHAI) == NOW + hours * HOUR


def test_a_message_says_what_is_known_of_an_alert() -> None:
    details = {
        "numbers": {"tasks": 500, "missing": 412},
        "window": ["2026-09-16T02:00:00Z", "2026-09-16T03:00:00Z"],
        "top": ["17", "18"],
        "command": "reconcilery missing",
        "onset": {"at": "2026-09-16T02:30:00Z", "until": None, "rate_before": 0.999, "rate_after": 0.75},
    }
    fact = fact_of(replace(alert_after("hh"), details=details), Settings(public_url="https://m.example/at/"))
    assert (fact.state, fact.level, fact.since, fact.seen) == ("firing", Level.HIGH, BEGIN, 2)
    assert (fact.numbers, fact.top, fact.command) == (details["numbers"], ("17", "18"), "reconcilery missing")
    assert fact.window == (BEGIN - HOUR, BEGIN)
    assert fact.link == f"https://m.example/at/alerts/{fact.id}"
    assert fact.until is None


def test_a_message_says_how_an_alert_was_repaired() -> None:
    fact = fact_of(alert_after("hhv"), Settings())
    assert (fact.state, fact.link, fact.repaired) == ("resolved", "", Repaired.model_validate(REPAIRED))
    assert fact.until is not None


def test_a_message_has_the_level_of_the_gravest_that_still_fires_and_one_id_for_ever() -> None:
    envelope = Envelope("group", "chat", 7, NOW)
    firing, over = alert_after("mm"), replace(alert_after("cgg"), service="other")
    message = compose(envelope, Settings(), "some_resolved", [firing, over])
    assert (message.level, message.service, message.rule) == (Level.MEDIUM, "other, studio", "task-outputs")
    assert compose(envelope, Settings(), "all_resolved", [over]).level is Level.CRITICAL
    assert (message.thread, message.seq, message.at) == ("group", 7, NOW)
    assert message.id == compose(envelope, Settings(), "repeat", [firing]).id
    assert message.id != compose(replace(envelope, seq=8), Settings(), "repeat", [firing]).id
    assert Message.model_validate_json(message.model_dump_json()) == message


def test_a_grave_event_lifts_the_level_of_its_message() -> None:
    event = NoticeFact(event_type="failed", level=Level.HIGH, service="s", rule="r", message="m", at=NOW)
    message = compose(Envelope("group", "chat", 1, NOW), Settings(), "repeat", [alert_after("mm")], [event])
    assert (message.level, message.rule) == (Level.HIGH, "r, task-outputs")
