"""The HTTP API over a database of the test's own, and how it is asked."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import Engine, func, select

from api.http.tokens import new_token, token_hash
from consistency.database import connect, transaction
from consistency.ledger.event_tables import events
from consistency.settings import Settings
from tests.factories.own_tables import make_own_tables
from tests.servers.api import Api, answering

EVENTS = "/api/monitoring/events"
NOBODY = "redis://127.0.0.1:1/0"
MEDIA_TYPE = "application/problem+json"


@contextmanager
def front_door(database_url: str, redis_url: str = NOBODY, token: str = "", **settings: Any) -> Iterator[Api]:
    """The API with the own tables in that database; without a Redis each limit holds in the process."""
    engine = connect(database_url)
    make_own_tables(engine)
    engine.dispose()
    known = {"database_url": database_url, "redis_url": redis_url, "api_rate": 0}
    with answering(Settings.model_validate({**known, **settings}), token) as api:
        yield api


def token_entry(name: str = "ann", scope: str = "operate", **changes: Any) -> tuple[str, dict[str, Any]]:
    """A new token, and the entry of the settings that lets the API know it."""
    token = new_token()
    return token, {"name": name, "sha256": token_hash(token), "scope": scope, **changes}


def an_event(**values: Any) -> dict[str, Any]:
    return {"event_type": "sync_success", "level": "info", "service": "datasync", "message": "done", **values}


def problem_of(answer: requests.Response, status: int) -> dict[str, Any]:
    """The problem that the answer must be, with that status, and the request's own id."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), answer.text
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["request_id"] == answer.headers["x-request-id"]
    assert found["detail"].isprintable()
    assert "Traceback" not in answer.text
    return found


def stored_count(engine: Engine) -> int:
    """How many events the ledger has."""
    with transaction(engine.execution_options(readonly=True)) as connection:
        return connection.scalar(select(func.count()).select_from(events)) or 0


def raw(api: Api, sent: bytes, *, end: bool = False) -> bytes:
    """What comes back for bytes as they are, until the server closes; `end` says nothing more will be sent."""
    place = urlsplit(api.url)
    assert place.hostname
    with socket.create_connection((place.hostname, place.port or 80), timeout=60) as connection:
        connection.sendall(sent)
        if end:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
