"""Telling: how many messages one thread brings to a webhook over TLS, beside a loop by hand that does the same.

The bare loop posts the same messages, made before the clock starts, with one `requests.Session` to the same server, and
makes two commits a message. It claims nothing, signs nothing, keeps no attempts and looks at no limits.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import requests

from benchmarks.harness import Bench, say
from benchmarks.results import Result
from benchmarks.servers import connect, create_database
from consistency.database import database_now, transaction
from consistency.events import json_bytes
from consistency.ledger.own_tables import LEDGER
from consistency.ledger.schema import create_or_upgrade
from consistency.logs import configure_logging
from consistency.model import Level
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from consistency.shared import Shared
from notifiers.channels import cloud_events
from notifiers.channels.choosing import Channels
from notifiers.channels.http_post import JSON_TYPE
from notifiers.channels.standard_webhooks import signed_headers
from notifiers.deliveries.limits import Limiter
from notifiers.deliveries.outbox import enqueue
from notifiers.deliveries.post import Post
from notifiers.deliveries.sending_round import deliver_due
from notifiers.messages.events import event_of
from notifiers.messages.message import Message, NoticeFact
from tests.servers.certificates import certificate

ROUNDS, MESSAGES = 5, 1000
LEAST = 0.7
CHANNEL = "hook"
KEY = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="


def measure(bench: Bench) -> list[Result]:
    """In turns, so that both meet the same neighbours on the machine."""
    folder = bench.place("tell")
    found = certificate(folder)
    with _receiver(found) as url:
        resources = _ledger(bench, url, str(found), folder)
        configure_logging(resources.settings, "cli")
        ours, bare = [], []
        for number in range(ROUNDS):
            say(f"tell: round {number + 1} of {ROUNDS}")
            ours.append(_ours(resources, number))
            bare.append(_bare(resources.settings.database_url, url, str(found), number))
        resources.dispose()
    ratio = median(ours) / median(bare)
    figures = {
        "messages": MESSAGES,
        "ours_per_s": {"median": round(median(ours)), "least": round(min(ours)), "greatest": round(max(ours))},
        "bare_per_s": {"median": round(median(bare)), "least": round(min(bare)), "greatest": round(max(bare))},
    }
    return [
        Result("telling by webhook", figures, round(ratio, 3), f"at least {LEAST} of the bare loop", ratio >= LEAST)
    ]


@contextmanager
def _receiver(found: Any) -> Iterator[str]:
    """A server of its own process, which takes no time from the loops."""
    command = [sys.executable, "-m", "benchmarks.programs.receiver", str(found)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _ledger(bench: Bench, url: str, authority: str, log_dir: Path) -> Resources:
    channel = {"kind": "webhook", "url": url, "secret": KEY, "inner": True, "ca_file": authority}
    database = create_database(bench.postgres_url, "tell")
    chosen = {"database_url": database, "log_dir": log_dir, "channels": {CHANNEL: channel}}
    resources = open_resources(Settings.model_validate(chosen))
    create_or_upgrade(resources.store, LEDGER)
    with connect(database) as connection:
        connection.execute("CREATE TABLE bare (id integer PRIMARY KEY, state text NOT NULL)")
    return resources


def _message(number: int, round_number: int) -> Message:
    now, text = datetime.now(UTC), "31 of 378 successful tasks lack their output"
    body = {
        "timestamp": now.isoformat(),
        "event_type": "health_check",
        "level": "warning",
        "service": "studio",
        "message": text,
        "details": {"rule": "task-outputs", "missing_sample": [str(each) for each in range(20)]},
        "metrics": {"missing": 31, "tasks": 378},
    }
    notice = NoticeFact(
        event_type="health_check",
        level=Level.MEDIUM,
        service="studio",
        rule="task-outputs",
        message=text,
        at=now,
        body=body,
    )
    return Message(
        id=f"msg_{round_number}_{number}",
        thread=f"group-{round_number}-{number}",
        seq=1,
        reason="event",
        service="studio",
        rule="task-outputs",
        level=Level.MEDIUM,
        at=now,
        notices=(notice,),
    )


def _ours(resources: Resources, round_number: int) -> float:
    """Messages a second from the outbox to the last commit."""
    with transaction(resources.store) as connection:
        now = database_now(connection)
        for number in range(MESSAGES):
            message = _message(number, round_number)
            enqueue(connection, message, CHANNEL, message.thread[:32], 1, "event", False, now)  # noqa: FBT003 - as declared
    channels = Channels(resources.settings)
    post = Post(resources, channels, Limiter(Shared(None), "tell:"), "benchmark")
    began = time.perf_counter()
    done = deliver_due(post, MESSAGES, seconds=600.0)
    seconds = time.perf_counter() - began
    channels.close()
    assert done["sent"] == MESSAGES, done
    return MESSAGES / seconds


def _on_the_wire(message: Message) -> tuple[bytes, dict[str, str]]:
    """The same bytes and headers as ours, made before the clock starts."""
    event = event_of(message)
    body = json_bytes(event)
    described = cloud_events.headers(cloud_events.attributes(message, event, "io.reconcilery"))
    return body, {"Content-Type": JSON_TYPE, **described, **signed_headers(message.id, message.at, body, [KEY])}


def _bare(database_url: str, url: str, authority: str, round_number: int) -> float:
    first = round_number * MESSAGES
    requests_made = [_on_the_wire(_message(number, round_number)) for number in range(MESSAGES)]
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection, requests.Session() as session:
        session.trust_env = False
        session.verify = authority
        connection.cursor().executemany(
            "INSERT INTO bare VALUES (%s, 'queued')", [(first + number,) for number in range(MESSAGES)]
        )
        connection.commit()
        began = time.perf_counter()
        for number, (body, headers) in enumerate(requests_made):
            connection.execute("UPDATE bare SET state = 'sending' WHERE id = %s", (first + number,))
            connection.commit()
            session.post(url, data=body, headers=headers, timeout=15).raise_for_status()
            connection.execute("UPDATE bare SET state = 'sent' WHERE id = %s", (first + number,))
            connection.commit()
        return MESSAGES / (time.perf_counter() - began)
