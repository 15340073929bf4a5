"""Messages as events: the seven keys in their order, levels and types, and how long ones are cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.event_size import LARGEST_EVENT, fitted
from consistency.events import event_object, json_bytes
from consistency.model import Level
from notifiers.messages.events import event_of
from notifiers.messages.message import Message
from tests.factories.messages import AT, SEED_EVENT, a_message, a_notice, an_alert

SEVEN = ["timestamp", "event_type", "level", "service", "message", "details", "metrics"]
RESOLVED: dict[str, Any] = {"state": "resolved", "until": AT}


def test_a_notice_alone_is_what_its_sender_wrote_byte_for_byte() -> None:
    kept = Message.model_validate_json(a_message(a_notice()).model_dump_json())
    written = json.dumps(SEED_EVENT, ensure_ascii=False, separators=(",", ":")).encode()
    assert json_bytes(event_of(kept, "another headline")) == written


def test_keys_that_a_sender_added_are_kept_in_their_place() -> None:
    body = {"zone": "eu", **SEED_EVENT, "host": "a1"}
    assert list(event_of(a_message(a_notice(body)))) == list(body)


def test_an_event_of_ours_has_the_seven_keys_in_their_order() -> None:
    for message in (a_message(), a_message(a_notice({})), a_message(an_alert(), a_notice()), a_message(alerts=())):
        assert list(event_of(message)) == SEVEN


def test_an_alert_is_told_with_its_numbers() -> None:
    event = event_of(a_message(an_alert(1)))
    assert event["timestamp"] == "2026-09-16T04:00:00.000Z"
    assert (event["event_type"], event["level"], event["service"]) == ("health_check", "error", "reconcilery")
    assert event["message"] == "31 of 100 tasks have no output"
    assert event["metrics"] == {"firing": 1, "resolved": 0, "tasks": 100, "missing": 31, "completion_rate": 0.69}
    (alert,) = event["details"]["alerts"]
    assert (alert["id"], alert["state"], alert["since"]) == ("alert-1", "firing", "2026-09-16T04:00:00Z")


#: What is told, and the level and the type of its event.
CASES: list[tuple[Message, str, str]] = [
    (a_message(an_alert(level=Level.LOW)), "info", "health_check"),
    (a_message(an_alert(level=Level.MEDIUM)), "warning", "health_check"),
    (a_message(an_alert(level=Level.HIGH)), "error", "health_check"),
    (a_message(an_alert(level=Level.CRITICAL)), "critical", "health_check"),
    (a_message(an_alert(level=Level.CRITICAL, **RESOLVED)), "info", "health_check"),
    # What still fires decides, not what is over.
    (
        a_message(an_alert(1, level=Level.CRITICAL, **RESOLVED), an_alert(2, level=Level.MEDIUM)),
        "warning",
        "health_check",
    ),
    (a_message(an_alert(kind="finding")), "error", "health_check"),
    # These are about the service that watches, not about the data.
    (a_message(an_alert(kind="checker_silent")), "error", "service_status"),
    (a_message(an_alert(kind="channel_broken")), "error", "service_status"),
    # A notice without a body is written by us.
    (a_message(a_notice({}, event_type="service_status", level=Level.HIGH)), "error", "service_status"),
    (a_message(a_notice(), a_notice()), "info", "sync_success"),
    (a_message(a_notice(), a_notice(event_type="sync_failure", level=Level.HIGH)), "error", "service_status"),
    (a_message(an_alert(**RESOLVED), a_notice(level=Level.MEDIUM)), "warning", "health_check"),
    # Nothing is told, as in a test message.
    (a_message(alerts=(), reason="test"), "error", "service_status"),
]


@pytest.mark.parametrize(("message", "level", "event_type"), CASES)
def test_the_level_and_type_of_an_event(message: Message, level: str, event_type: str) -> None:
    event = event_of(message)
    assert (event["level"], event["event_type"]) == (level, event_type)


def test_the_gravest_alert_that_fires_is_told_first() -> None:
    told = [an_alert(1, level=Level.CRITICAL, **RESOLVED), an_alert(2, level=Level.LOW), an_alert(3)]
    event = event_of(a_message(*told))
    assert [alert["id"] for alert in event["details"]["alerts"]] == ["alert-3", "alert-2", "alert-1"]
    assert event["message"] == "2 firing, 1 resolved: 33 of 100 tasks have no output"
    assert event["metrics"] == {"firing": 2, "resolved": 1}


def test_a_headline_replaces_our_own_words_alone() -> None:
    assert event_of(a_message(), "a headline")["message"] == "a headline"
    assert event_of(a_message(a_notice()), "a headline")["message"] == SEED_EVENT["message"]


def test_several_notices_stand_in_the_details_as_they_were_sent() -> None:
    event = event_of(a_message(a_notice(), a_notice({})))
    assert event["details"]["events"][0] == SEED_EVENT
    assert event["details"]["events"][1]["message"] == "1000 records"
    assert event["message"] == "2 events, the latest: 1000 records"


def test_a_stand_in_names_the_channel_it_speaks_for() -> None:
    assert event_of(a_message(instead_of="ops"))["details"]["instead_of"] == "ops"


def test_an_event_as_an_object_has_the_keys_as_attributes() -> None:
    event = event_object(SEED_EVENT)
    assert [getattr(event, name) for name in SEVEN] == list(SEED_EVENT.values())
    assert event_object({"details": None, "more": 1}).details == {}


def test_what_fits_is_not_touched() -> None:
    assert fitted(SEED_EVENT) is SEED_EVENT


def test_of_many_alerts_as_many_are_kept_as_fit() -> None:
    message = a_message(*[an_alert(number) for number in range(500)])
    cut = fitted(event_of(message))
    kept = len(cut["details"]["alerts"])
    assert cut["details"]["truncated"] is True
    assert cut["metrics"] == {"firing": 500, "resolved": 0}
    one_more = {**cut, "details": {**cut["details"], "alerts": event_of(message)["details"]["alerts"][: kept + 1]}}
    assert kept > 10
    assert len(json_bytes(cut)) <= LARGEST_EVENT < len(json_bytes(one_more))


def test_the_largest_detail_goes_first() -> None:
    event = {**SEED_EVENT, "details": {"small": "x", "text": "很" * 9000}}
    assert fitted(event)["details"] == {"small": "x", "truncated": True}


VALUES = st.recursive(
    st.text(max_size=50) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=60,
)


@given(details=VALUES, metrics=VALUES, text=st.text(max_size=2000), limit=st.integers(1200, 3000))
def test_every_event_fits_and_stays_json(details: Any, metrics: Any, text: str, limit: int) -> None:
    event = {**SEED_EVENT, "message": text, "details": details, "metrics": metrics}
    cut = fitted(event, limit)
    assert len(json_bytes(cut)) <= limit
    assert json.loads(json_bytes(cut)) == cut
    assert cut is event or cut["details"]["truncated"] is True
