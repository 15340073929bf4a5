"""The webhook against a real receiver, which checks signatures and reads events by the libraries of the standards."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from consistency.event_size import LARGEST_EVENT
from consistency.events import json_bytes
from notifiers.channels.channel import WEBHOOK_RETRIES, Outcome, Verdict
from notifiers.messages.message import Message
from tests.factories.channels import a_channel
from tests.factories.messages import SEED_EVENT, a_message, a_notice, an_alert
from tests.servers.certificate import make_certificate, server_context
from tests.servers.talking import Response
from tests.servers.webhooks import WebhookReceiver, receiving

NEW, OLD = (f"whsec_{b64encode(bytes([number]) * 24).decode()}" for number in (1, 2))
PATH = "secret-path-0123456789"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with receiving() as found:
        yield found


def send(receiver: WebhookReceiver, message: Message | None = None, **settings: Any) -> Verdict:
    now = settings.pop("now", datetime.now(UTC))
    given = {"kind": "webhook", "url": receiver.url, "inner": True, "timeout": "20s", **settings}
    with a_channel(**given) as channel:
        return channel.send(message or a_message(), now, None)


def test_a_notice_arrives_byte_for_byte_with_both_kinds_of_headers(receiver: WebhookReceiver) -> None:
    receiver.key = NEW
    verdict = send(receiver, a_message(a_notice()), secret=NEW)
    assert (verdict.outcome, verdict.code) == (Outcome.OK, "HTTP 204")
    (request,) = receiver.seen
    assert request.body == json.dumps(SEED_EVENT, ensure_ascii=False, separators=(",", ":")).encode()
    assert request.headers["ce-type"] == "io.reconcilery.sync.success.v1"
    assert request.headers["webhook-id"] == request.headers["ce-id"] == a_message().id


def test_while_keys_change_receivers_may_have_either(receiver: WebhookReceiver) -> None:
    for key in (NEW, OLD):
        receiver.key = key
        assert send(receiver, secret=NEW, old_secret=OLD).outcome is Outcome.OK
    assert len(receiver.received) == 2


def test_an_attempt_has_the_same_id_and_a_moment_of_its_own(receiver: WebhookReceiver) -> None:
    now = datetime.now(UTC)
    receiver.key = NEW
    for at in (now, now + timedelta(minutes=2)):
        assert send(receiver, secret=NEW, now=at).outcome is Outcome.OK
    first, second = (found.request for found in receiver.received)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert first.body == second.body
    assert len(receiver.events()) == 1


def test_a_receiver_of_cloud_events_reads_either_form(receiver: WebhookReceiver) -> None:
    for body in ("seed", "cloudevents"):
        send(receiver, body=body, type_prefix="com.example")
    for request in receiver.seen:
        read = from_http_event(HTTPMessage(dict(request.headers), request.body))
        assert read.get_type() == "com.example.health.check.v1"
        assert read.get_source() == "/reconcilery/reconcilery"
        assert isinstance(data := read.get_data(), dict)
        assert list(data) == list(SEED_EVENT)
    assert not [name for name in receiver.seen[1].headers if name.startswith("ce-")]


def test_with_meta_the_event_is_followed_by_its_id_and_type(receiver: WebhookReceiver) -> None:
    send(receiver, a_message(a_notice()), body="seed+meta")
    assert receiver.seen[0].json() == {**SEED_EVENT, "id": a_message().id, "type": "sync.success"}


@pytest.mark.parametrize("body", ["seed", "seed+meta", "cloudevents"])
def test_a_long_message_is_cut_to_what_receivers_take(receiver: WebhookReceiver, body: str) -> None:
    send(receiver, a_message(*[an_alert(number) for number in range(400)]), body=body)
    (request,) = receiver.seen
    found = request.json()
    event = found.get("data", found)
    assert len(request.body) <= LARGEST_EVENT
    assert event["details"]["truncated"] is True
    assert len(event["details"]["alerts"]) > 10


def test_headers_of_the_user_are_sent_and_never_replace_ours(receiver: WebhookReceiver) -> None:
    given = {"Authorization": "Bearer abc123", "X-Team": "数据", "Webhook-Id": "mine", "CE-ID": "mine"}
    assert send(receiver, headers=given).outcome is Outcome.OK
    headers = receiver.seen[0].headers
    assert headers["authorization"] == "Bearer abc123"
    assert headers["x-team"].encode("latin-1").decode() == "数据"
    assert headers["webhook-id"] == headers["ce-id"] == a_message().id


#: What is answered, and what it comes to.
STATUSES = [
    (200, Outcome.OK),
    (202, Outcome.OK),
    (301, Outcome.TRANSIENT),
    (302, Outcome.TRANSIENT),
    # Receivers refuse while their keys or their code are being changed; only 410 says that they are gone.
    (400, Outcome.TRANSIENT),
    (401, Outcome.TRANSIENT),
    (404, Outcome.TRANSIENT),
    (410, Outcome.PERMANENT_CHANNEL),
    (413, Outcome.PERMANENT_MESSAGE),
    (429, Outcome.RATE_LIMITED),
    (500, Outcome.TRANSIENT),
    (502, Outcome.TRANSIENT),
    (504, Outcome.TRANSIENT),
]


@pytest.mark.parametrize(("status", "outcome"), STATUSES)
def test_an_answer_is_judged_by_its_status(receiver: WebhookReceiver, status: int, outcome: Outcome) -> None:
    receiver.will_answer(Response(status, headers={"Retry-After": "7", "Location": "/elsewhere"}))
    verdict = send(receiver)
    assert (verdict.outcome, verdict.code) == (outcome, f"HTTP {status}")
    assert len(receiver.seen) == 1
    if outcome in {Outcome.TRANSIENT, Outcome.RATE_LIMITED} and status >= 400:
        assert verdict.wait == timedelta(seconds=7)


def test_a_date_to_come_back_at_is_obeyed(receiver: WebhookReceiver) -> None:
    now = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
    receiver.will_answer(
        Response(503, headers={"Retry-After": format_datetime(now + timedelta(minutes=3), usegmt=True)})
    )
    assert send(receiver, now=now).wait == timedelta(minutes=3)


@pytest.mark.parametrize("trick", ["close", "half"])
def test_an_answer_that_breaks_off_is_tried_again(receiver: WebhookReceiver, trick: str) -> None:
    receiver.will_answer(Response(200, b"x" * 100, trick=trick))
    assert send(receiver).outcome is Outcome.TRANSIENT


@pytest.mark.parametrize("trick", ["trickle_head", "trickle_body"])
def test_an_answer_that_never_ends_runs_into_the_timeout(receiver: WebhookReceiver, trick: str) -> None:
    receiver.will_answer(Response(200, trick=trick))
    verdict = send(receiver, timeout="500ms")
    assert (verdict.outcome, verdict.code) == (Outcome.TRANSIENT, "timeout")


def test_an_endless_success_is_a_success_of_which_little_is_kept(receiver: WebhookReceiver) -> None:
    receiver.will_answer(Response(200, b"2", trick="huge"))
    verdict = send(receiver)
    assert verdict.outcome is Outcome.OK
    assert len(verdict.reply) <= 2000


def test_an_inner_address_is_refused_and_the_fix_is_named(receiver: WebhookReceiver) -> None:
    verdict = send(receiver, inner=False)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT_CHANNEL, "refused")
    assert "set inner = true in [channels.it]" in verdict.detail
    assert receiver.seen == []


def test_an_authority_of_one_s_own_is_trusted_where_it_is_named(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with receiving(context=server_context(certificate)) as receiver:
        trusted = send(receiver, ca_file=str(certificate))
        stranger = send(receiver)
    assert (trusted.outcome, len(receiver.received)) == (Outcome.OK, 1)
    assert (stranger.outcome, stranger.code) == (Outcome.TRANSIENT, "tls")


def test_nobody_there_is_tried_again() -> None:
    with receiving() as receiver:
        pass
    assert send(receiver).outcome is Outcome.TRANSIENT


def test_no_secret_is_left_in_what_a_talkative_receiver_answers(receiver: WebhookReceiver) -> None:
    token = "abc123def456"
    send(receiver, secret=NEW, headers={"Authorization": f"Bearer {token}"})
    now = datetime.now(UTC)
    echo = json_bytes({"headers": dict(receiver.seen[0].headers), "url": receiver.url, "key": NEW})
    echo += NEW.removeprefix("whsec_").encode()
    receiver.will_answer(Response(500, echo))
    verdict = send(receiver, secret=NEW, headers={"Authorization": f"Bearer {token}"}, now=now)
    shown = f"{verdict.detail} {verdict.reply}"
    assert "ce-type" in shown
    for secret in (token, PATH, NEW, NEW.removeprefix("whsec_")):
        assert secret not in shown


def test_a_signature_that_is_answered_is_hidden(receiver: WebhookReceiver) -> None:
    now = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
    send(receiver, secret=NEW, now=now)
    signature = receiver.seen[0].headers["webhook-signature"].removeprefix("v1,")
    receiver.will_answer(Response(400, f"bad signature {signature}".encode()))
    verdict = send(receiver, secret=NEW, now=now)
    assert "bad signature" in verdict.reply
    assert signature not in verdict.reply


def test_webhooks_are_tried_for_a_day_and_never_superseded(receiver: WebhookReceiver) -> None:
    with a_channel(kind="webhook", url=receiver.url) as first, a_channel(kind="webhook", url=receiver.url) as second:
        assert first.limit_key == second.limit_key
        assert PATH not in first.limit_key
        assert (first.retries, first.supersedes, first.windows) == (WEBHOOK_RETRIES, False, ())
