"""What stands around an event: CloudEvents and Standard Webhooks, read back by their own libraries."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from consistency.events import json_bytes
from notifiers.channels.cloud_events import CONTENT_TYPE, attributes, dotted_type, headers, structured
from notifiers.channels.standard_webhooks import key_of, signed_headers
from notifiers.messages.events import event_of
from notifiers.messages.message import Message
from tests.factories.messages import AT, SEED_EVENT, a_message, a_notice, an_alert

OLD, NEW, OTHER = (f"whsec_{b64encode(bytes([number]) * 24).decode()}" for number in (1, 2, 3))
MESSAGES = [a_message(), a_message(a_notice()), a_message(an_alert(1), an_alert(2)), a_message(service="店铺 50%\"'<>")]


def as_binary(message: Message) -> HTTPMessage:
    event = event_of(message)
    found = headers(attributes(message, event, "com.example"))
    return HTTPMessage({**found, "content-type": "application/json"}, json_bytes(event))


@pytest.mark.parametrize("message", MESSAGES)
def test_headers_are_read_back_as_the_same_attributes(message: Message) -> None:
    read = from_http_event(as_binary(message))
    expected = attributes(message, event_of(message), "com.example")
    found: dict[str, Any] = {**read.get_attributes(), "time": expected["time"]}
    assert found == {name: str(value) for name, value in expected.items()} | {"datacontenttype": "application/json"}
    assert read.get_time() == AT
    assert read.get_data() == event_of(message)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_structured_form_is_read_back_as_the_same_event(message: Message) -> None:
    event = event_of(message)
    body = json_bytes(structured(attributes(message, event, "com.example"), event))
    read = from_http_event(HTTPMessage({"content-type": CONTENT_TYPE}, body))
    assert (read.get_id(), read.get_type(), read.get_time()) == (message.id, f"com.example.{dotted_type(event)}.v1", AT)
    assert read.get_data() == event


def test_headers_are_visible_ascii() -> None:
    for value in as_binary(a_message(service="店铺\r\nX: 1")).headers.values():
        assert value.isascii()
        assert value.isprintable()


#: What is told, and what the event's subject is.
SUBJECTS = [
    (a_message(an_alert(7)), "alert/alert-7"),
    (a_message(an_alert(1), an_alert(2)), f"group/{'f' * 32}"),
    (a_message(a_notice({**SEED_EVENT, "details": {"run_id": "r1"}})), "run/r1"),
    (a_message(a_notice()), None),
    (a_message(a_notice({**SEED_EVENT, "details": "none"})), None),
]


@pytest.mark.parametrize(("message", "subject"), SUBJECTS)
def test_the_subject_is_what_it_is_about(message: Message, subject: str | None) -> None:
    assert attributes(message, event_of(message), "com.example").get("subject") == subject


def test_a_type_and_a_severity_are_made_from_the_event() -> None:
    failure = a_notice({**SEED_EVENT, "event_type": "sync_failure", "level": "error"})
    found = attributes(a_message(failure), event_of(a_message(failure)), "io.reconcilery")
    assert found["type"] == "io.reconcilery.sync.failure.v1"
    assert (found["severitytext"], found["severitynumber"]) == ("ERROR", 17)


def test_a_signature_is_the_one_that_was_worked_out_by_hand() -> None:
    secret = "whsec_" + b64encode(b"0" * 32).decode()
    found = signed_headers("msg_1", datetime.fromtimestamp(1599360473, UTC), b'{"a":1}', [secret])
    assert found["webhook-signature"] == "v1,I9VFQ3F/7jHzBZOu0ZVgpX7ep+VEe/W3ruIWRzIhBK8="


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_keys_change_both_are_accepted(secret: str) -> None:
    body = json_bytes(event_of(a_message()))
    found = signed_headers("msg_1", datetime.now(UTC), body, [NEW, OLD])
    assert Webhook(secret).verify(body, found)["service"] == "reconcilery"
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, found)


def test_the_zone_of_the_moment_makes_no_difference() -> None:
    now = datetime.now(UTC)
    there = now.astimezone(timezone(timedelta(hours=8)))
    assert signed_headers("m", now, b"{}", [NEW]) == signed_headers("m", there, b"{}", [NEW])


def test_without_a_key_nothing_is_signed() -> None:
    assert set(signed_headers("m", datetime.now(UTC), b"{}", [])) == {"webhook-id", "webhook-timestamp"}


def test_a_key_may_be_padded_or_not() -> None:
    assert key_of("whsec_" + b64encode(b"k" * 25).decode()) == b"k" * 25
    assert key_of("whsec_" + b64encode(b"k" * 25).decode().rstrip("=")) == b"k" * 25
