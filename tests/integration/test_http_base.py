"""What every answer of the HTTP API has in common: problems, methods, headers, whole bodies, request ids."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.app import ROUTERS, create_app
from api.http.body import LARGEST, WholeBody
from api.http.problems import Problem
from consistency.errors import (
    BadRequest,
    BrokerUnavailable,
    ClaimLost,
    ConfigurationError,
    DatabaseError,
    DatabaseUnavailable,
    LedgerMissing,
    MappingError,
    NotAllowed,
    ReconcileryError,
    StatementTimeout,
)
from consistency.logs import configure_logging
from consistency.settings import Settings
from tests.acceptance.launching import eventually
from tests.factories.front_door import EVENTS, NOBODY, an_event, front_door, problem_of, raw
from tests.servers.api import Api, answering


@pytest.fixture
def api(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url) as found:
        yield found


def test_a_path_that_is_none_is_a_problem_that_shows_it_harmlessly(api: Api) -> None:
    found = problem_of(api.get("/api/monitoring/<script>"), 404)
    assert found["type"] == "about:blank"
    assert found["title"] == "Not Found"
    problem_of(api.get("/api/monitoring/events/"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", EVENTS, "GET, HEAD, POST"),
        ("PATCH", EVENTS, "GET, HEAD, POST"),
        ("POST", "/livez", "GET, HEAD"),
        ("OPTIONS", "/livez", "GET, HEAD"),
        ("BREW", "/livez", "GET, HEAD"),
    ],
)
def test_a_method_that_does_nothing_is_told_with_those_that_do(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.ask(method, path)
    assert allowed in problem_of(answer, 405)["detail"]
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/livez", EVENTS, "/openapi.json", "/docs", "/docs/files/swagger-ui.css"])
def test_head_is_answered_as_get_without_the_body(api: Api, path: str) -> None:
    head, get = api.ask("HEAD", path), api.get(path)
    assert head.content == b""
    assert get.content
    for name in ("content-type", "content-length", "content-security-policy"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("path", ["/livez", EVENTS, "/nothing", "/docs", "/openapi.json"])
def test_a_browser_may_do_nothing_with_an_answer_but_show_it(api: Api, path: str) -> None:
    headers = api.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "it is empty"),
        (b'{"level":', "Expecting value at character 9"),
        (b"\xff", "it is not UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":NaN}', "NaN is no number in JSON"),
        (b"1" * 5000, "4300 digits"),
        (b"\xef\xbb\xbf{}", "at character 0"),
    ],
)
def test_a_body_that_is_no_json_is_a_bad_request(api: Api, body: bytes, told: str) -> None:
    found = problem_of(api.post(EVENTS, data=body, headers={"Content-Type": "application/json; charset=utf-8"}), 400)
    assert told in found["detail"]
    assert [each["pointer"] for each in found["errors"]] == [""]


def test_a_body_that_is_missing_is_named_with_one_that_would_do(api: Api) -> None:
    needing = {path: model for router in ROUTERS for path, model in bodies_needed(router)}
    assert len(needing) == 4
    for path, model in needing.items():
        found = problem_of(api.post(path), 422)
        said, _, example = found["detail"].partition(" such as ")
        assert said == "the body is missing; send JSON"
        assert found["errors"] == [{"pointer": "", "detail": found["detail"]}]
        assert model.model_validate_json(example).model_fields_set


def bodies_needed(router: APIRouter) -> Iterator[tuple[str, type[BaseModel]]]:
    """The paths that do nothing without a body, and the model of each."""
    for route in router.routes:
        field = getattr(route, "body_field", None)
        if isinstance(route, APIRoute) and field and field.field_info.is_required():
            yield route.path, field.field_info.annotation


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/data-consistency/check", b"[1]", 'the body must be a JSON object such as {"type": "quick"}, not [1]'),
        ("/data-consistency/check", b"null", 'the body must be a JSON object such as {"type": "quick"}, not null'),
        ("/alerts/1/ack", b'"now"', 'the body must be a JSON object such as {}, not "now"'),
        ("/data-consistency/check", b"{}", "/type: it is missing"),
    ],
)
def test_a_body_of_another_kind_is_named(api: Api, path: str, body: bytes, told: str) -> None:
    answer = api.post(f"/api/monitoring{path}", data=body, headers={"Content-Type": "application/json"})
    assert problem_of(answer, 422)["detail"] == told


def test_no_answer_steers_the_terminal_that_shows_it(api: Api) -> None:
    hostile = f"{EVENTS}?a=%1b[2J%0d%0ax"
    assert api.post(hostile, data=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    for answer in (api.get("/%1b[2J%0a"), api.get(hostile), api.post(hostile, data=b"x")):
        assert answer.json()["detail"].isprintable()
        assert all(text.isprintable() for each in answer.json().get("errors", []) for text in each.values())


def test_a_body_over_the_limit_is_refused_before_it_is_read(api: Api) -> None:
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LARGEST + 1}\r\n\r\n".encode()
    assert b" 413 " in raw(api, head).splitlines()[0]
    chunks = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert b" 413 " in raw(api, chunks + 17 * chunk).splitlines()[0]
    problem_of(api.post("/nothing", data=b"x" * (LARGEST + 1)), 413)


def test_who_sends_nothing_more_after_a_whole_request_is_answered(api: Api) -> None:
    answer = raw(api, b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", end=True)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nok\n")


@pytest.mark.parametrize("half", [b"Content-Length: 1000\r\n\r\n%b", b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n%b"])
def test_half_a_body_is_worked_on_by_nobody_and_answered(api: Api, half: bytes) -> None:
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
    answer = raw(api, head + half % json.dumps(an_event()).encode(), end=True)
    assert api.get(EVENTS).json()["events"] == []
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json\r\n" in answer.lower()
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert problem["detail"].startswith("the connection ended before the body did")


def test_who_never_ends_a_body_is_not_waited_for(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, redis_url=NOBODY)
    app = create_app(settings)
    for middleware in app.user_middleware:
        if WholeBody.__name__ in repr(middleware):
            middleware.kwargs["seconds"] = 0.1
    with answering(settings, app=app) as api:
        head = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{{"
        assert b" 408 " in raw(api, head.encode()).splitlines()[0]


@pytest.mark.parametrize(
    "garbage", [b"GET nowhere\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"GET " + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_harms_nobody(api: Api, garbage: bytes) -> None:
    place = urlsplit(api.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as connection:
        connection.sendall(garbage)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert api.get("/livez").text == "ok\n"


@pytest.mark.parametrize(
    "head",
    ["GET nowhere", "GET /livez HTTP/1.1", "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: many"],
)
def test_what_is_no_http_gets_a_problem_too(api: Api, head: str) -> None:
    top, _, body = raw(api, f"{head}\r\n\r\n".encode()).partition(b"\r\n\r\n")
    status, *headers = top.decode().lower().split("\r\n")
    assert status == "http/1.1 400 bad request"
    assert {"content-type: application/problem+json", f"content-length: {len(body)}"} <= set(headers)
    problem = json.loads(body)
    assert (problem["status"], problem["title"], bool(problem["detail"])) == (400, "Bad Request", True)


def requests_of(file: Path) -> dict[str, dict[str, Any]]:
    """The lines of the log about requests, by the request's name."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {line["request_id"]: line for line in lines if line["event"] == "http.request"}


def test_the_name_of_a_request_is_kept_sent_back_and_logged(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "logs" / "monitoring.log"
    configure_logging(Settings(log_dir=tmp_path / "logs"), "api")
    try:
        assert api.get(EVENTS, headers={"X-Request-ID": "build-7.1"}).headers["x-request-id"] == "build-7.1"
        made = api.get("/nothing", headers={"X-Request-ID": "a b<"}).headers["x-request-id"]
        # The line is written when the answer is out.
        eventually(lambda: {"build-7.1", made} <= requests_of(file).keys())
    finally:
        for handler in logging.getLogger().handlers[:]:
            if (handler.name or "").startswith("reconcilery."):
                logging.getLogger().removeHandler(handler)
    told = requests_of(file)
    assert len(made) == 32
    assert (told["build-7.1"]["path"], told["build-7.1"]["status"]) == (EVENTS, 200)
    assert told["build-7.1"]["caller"] == "local"
    assert told[made]["status"] == 404


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadRequest("rule: there is no rule x"), 422),
        (ClaimLost("taken over"), 409),
        (DatabaseUnavailable("database x is not available"), 503),
        (StatementTimeout("too slow"), 503),
        (LedgerMissing("run `reconcilery init` once"), 503),
        (BrokerUnavailable("Redis did not do its part"), 503),
        (NotAllowed("refused"), 500),
        (DatabaseError("refused"), 500),
        (ConfigurationError("wrong"), 500),
        (MappingError("no such column"), 409),
        (ReconcileryError("something else"), 500),
        (Problem(409, "already there"), 409),
        (ZeroDivisionError("secret inner words"), 500),
    ],
    ids=lambda each: type(each).__name__,
)
def test_every_error_is_a_problem_with_its_line(sqlite_url: str, error: Exception, status: int) -> None:
    settings = Settings(database_url=sqlite_url, redis_url=NOBODY)
    app = create_app(settings)

    @app.get("/fails")
    def fails() -> None:
        raise error

    with answering(settings, app=app) as api:
        answer = api.get("/fails")
    found = problem_of(answer, status)
    assert ("retry-after" in answer.headers) is (status == 503)
    if isinstance(error, ZeroDivisionError):
        assert "secret" not in answer.text
    else:
        assert found["detail"] == str(error)


def test_without_own_tables_the_answer_says_how_to_make_them(sqlite_url: str) -> None:
    with answering(Settings(database_url=sqlite_url, redis_url=NOBODY)) as api:
        assert "reconcilery init" in problem_of(api.get(EVENTS), 503)["detail"]
        assert api.get("/livez").status_code == 200
