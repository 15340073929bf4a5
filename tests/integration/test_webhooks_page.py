"""What docs/reference/webhooks.md shows is what is sent, and its receiver takes it."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consistency.model import Level
from notifiers.channels.channel import WEBHOOK_RETRIES, Outcome
from notifiers.messages.events import our_event
from notifiers.messages.message import Message, Mostly
from tests.factories.channels import a_channel
from tests.factories.messages import AT, a_message, an_alert
from tests.factories.pages import DOCS, code_blocks
from tests.servers.talking import Request
from tests.servers.webhooks import WebhookReceiver, receiving

PAGE = "reference/webhooks.md"
KEY = f"whsec_{b64encode(bytes(range(24))).decode()}"
ALERT = an_alert(
    id="8f14e45f-ceea-467f-a1d2-0b8f3c5d7e91",
    fingerprint="8f14e45fceea467fa1d20b8f3c5d7e91",
    level=Level.HIGH,
    summary="unhealthy: 58.8 % of 1000 successful tasks have their output; 412 missing, 3 late",
    numbers={"tasks": 1000, "missing": 412, "late": 3, "completion_rate": 0.588},
    window=(AT - timedelta(hours=1), AT),
    top=("88121", "88122"),
    mostly=Mostly(column="workflow", value="img2video", missing=380, of=412),
)
REPAIRED = our_event(
    "repair_succeeded",
    Level.LOW,
    service="studio",
    rule="task-outputs",
    message="Repair 1f6c0f9e: 412 of 412 outputs restored",
    at=AT,
    details={"run_id": "1f6c0f9e", "rule": "task-outputs", "undo": "reconcilery repair rollback 1f6c0f9e"},
    metrics={"restored": 412, "wanted": 412, "missing": 0},
)
#: By the way the body is written: what is told in the example.
TOLD = {
    "seed": a_message(ALERT, service="studio"),
    "seed+meta": a_message(REPAIRED, service="studio"),
    "cloudevents": a_message(REPAIRED, service="studio"),
}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with receiving() as found:
        yield found


def sent(receiver: WebhookReceiver, message: Message, now: datetime = AT, **settings: Any) -> Request:
    given = {"kind": "webhook", "url": receiver.url, "inner": True, "secret": KEY, **settings}
    with a_channel(**given) as channel:
        channel.send(message, now, None)
    return receiver.seen[-1]


def test_the_bodies_are_those_that_are_sent(receiver: WebhookReceiver) -> None:
    shown = [json.loads(block) for block in code_blocks(PAGE, "json")]
    assert shown == [sent(receiver, message, body=body).json() for body, message in TOLD.items()]


def test_the_headers_are_those_that_are_sent(receiver: WebhookReceiver) -> None:
    (block,) = code_blocks(PAGE, "http")
    shown = dict(line.split(": ", 1) for line in block.splitlines())
    headers = sent(receiver, TOLD["seed"]).headers
    ours = {name for name in headers if name.lower().startswith(("ce-", "webhook-")) or name.lower() == "content-type"}
    assert {name.lower(): value for name, value in shown.items()} == {name.lower(): headers[name] for name in ours}


@pytest.mark.parametrize("body", TOLD)
def test_the_receiver_in_the_page_takes_what_is_signed_and_nothing_else(receiver: WebhookReceiver, body: str) -> None:
    (block,) = code_blocks(PAGE, "python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 15
    place: dict[str, Any] = {}
    exec(compile(block, PAGE, "exec"), place)
    request = sent(receiver, TOLD[body], datetime.now(UTC), body=body)
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert place["is_genuine"](headers, request.body, KEY)
    assert not place["is_genuine"](headers, request.body + b" ", KEY)
    assert not place["is_genuine"](headers, request.body, f"whsec_{b64encode(bytes(24)).decode()}")
    old = str(int((datetime.now(UTC) - timedelta(minutes=6)).timestamp()))
    assert not place["is_genuine"](headers | {"webhook-timestamp": old}, request.body, KEY)
    both = headers | {"webhook-signature": f"v1,{'A' * 43}= {headers['webhook-signature']}"}
    assert place["is_genuine"](both, request.body, KEY)


def test_the_times_of_the_retries_are_those_of_the_page() -> None:
    hours = [f"{wait.total_seconds() / 3600:g} h" for wait in WEBHOOK_RETRIES if wait >= timedelta(hours=2)]
    minutes = [f"{wait.total_seconds() / 60:g} min" for wait in WEBHOOK_RETRIES[1:] if wait < timedelta(hours=2)]
    said = ", ".join([f"{WEBHOOK_RETRIES[0].total_seconds():g} s", *minutes, *hours])
    assert said in (DOCS / PAGE).read_text(encoding="utf-8")


def test_every_outcome_that_an_answer_can_have_is_in_the_page() -> None:
    text = (DOCS / PAGE).read_text(encoding="utf-8")
    assert [outcome for outcome in Outcome if outcome is not Outcome.UNKNOWN and f"`{outcome}`" not in text] == []
