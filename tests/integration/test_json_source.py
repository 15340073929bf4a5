"""A folder of JSON files and a web address as providers: one form, and whatever else is found there."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from compensation.provider import Answer, Kind
from compensation.providers.json_source import JsonEndpoint, JsonFolder
from consistency.errors import ConfigurationError
from tests.servers.talking import Answering, Request, Response, Talking, json_response, serving

PATIENT = timedelta(seconds=60)
SHORT = timedelta(milliseconds=700)
FILE = {"fileUrl": "https://files.example/a.png", "fileType": "png"}

FORMS = [
    ([FILE, FILE], Kind.FOUND, "done", ["#0", "#1"]),
    ({"outputs": [FILE]}, Kind.FOUND, "done", ["#0"]),
    ({"status": "done", "outputs": [{**FILE, "key": "a"}, {**FILE, "nodeId": 9}]}, Kind.FOUND, "done", ["a", "9#0"]),
    ({"status": "DONE", "outputs": [{"text": "no link at all"}]}, Kind.FOUND, "done", ["#0"]),
    ([], Kind.NO_OUTPUT, "done", []),
    ({"status": "done"}, Kind.NO_OUTPUT, "done", []),
    ({"status": "done", "outputs": []}, Kind.NO_OUTPUT, "done", []),
    ({"status": "running", "outputs": [FILE]}, Kind.LATER, "running", []),
    ({"status": "failed", "detail": "out of\nmemory"}, Kind.UPSTREAM_FAILED, "failed", []),
    ({"status": "asleep"}, Kind.TRANSIENT, "unknown asleep", []),
    ({"status": "done", "outputs": None}, Kind.TRANSIENT, "unknown form", []),
    ({"status": "done", "outputs": [1]}, Kind.TRANSIENT, "unknown form", []),
    ({"error": "not what you want"}, Kind.TRANSIENT, "unknown form", []),
    ([{"key": "a"}, {"key": "a"}], Kind.TRANSIENT, "unknown form", []),
    ([{"key": "x" * 192}], Kind.TRANSIENT, "unknown form", []),
    ("text", Kind.TRANSIENT, "unknown form", []),
    (None, Kind.TRANSIENT, "unknown form", []),
]


@contextmanager
def endpoint(answering: Answering, path: str = "/tasks/{id}", wait: timedelta = PATIENT) -> Iterator[JsonEndpoint]:
    with serving(Talking(answering)) as server:
        provider = JsonEndpoint(server.url + path, wait)
        yield provider
        provider.close()


def noting(seen: list[Request]) -> Answering:
    """Answers every request with one output and keeps it."""

    def answering(request: Request) -> Response:
        seen.append(request)
        return json_response([FILE])

    return answering


def asked(response: Response, wait: timedelta = PATIENT) -> Answer:
    with endpoint(lambda _request: response, wait=wait) as provider:
        return provider.fetch("7")


@pytest.mark.parametrize(("body", "kind", "code", "keys"), FORMS, ids=lambda value: str(value)[:60])
def test_a_file_and_an_address_mean_the_same_by_the_same_form(
    tmp_path: Path, body: Any, kind: Kind, code: str, keys: list[str]
) -> None:
    (tmp_path / "7.json").write_text(json.dumps(body), encoding="utf-8")
    for answer in (JsonFolder(tmp_path).fetch("7"), asked(json_response(body))):
        assert (answer.kind, answer.code, [output.key for output in answer.outputs]) == (kind, code, keys)
        assert "\n" not in answer.detail


def test_fields_that_no_column_can_hold_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "7.json").write_text(json.dumps([{**FILE, "size": 7, "tags": ["a"], "more": {}, "note": None}]))
    (output,) = JsonFolder(tmp_path).fetch("7").outputs
    assert output.fields == {**FILE, "size": 7, "note": None}


def test_a_task_without_a_file_is_gone(tmp_path: Path) -> None:
    folder = JsonFolder(tmp_path)
    assert folder.check().kind is Kind.FOUND
    assert (folder.fetch("7").kind, folder.fetch("7").code) == (Kind.GONE, "no_file")
    folder.close()


def test_a_folder_that_is_not_there_stops_the_run(tmp_path: Path) -> None:
    folder = JsonFolder(tmp_path / "absent")
    for answer in (folder.check(), folder.fetch("7")):
        assert (answer.kind, answer.code) == (Kind.STOP_RUN, "no_folder")
        assert answer.detail == f"the folder {tmp_path / 'absent'} is not there; see the setting provider"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"[{", "not_json"),
        (b"<html>", "html"),
        (b"\xff", "not_json"),
        (b" " * (8 * 1024 * 1024 + 1), "too_big"),
    ],
    ids=["empty", "half", "html", "bytes", "huge"],
)
def test_a_file_that_is_no_json_can_be_mended(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "7.json").write_bytes(content)
    answer = JsonFolder(tmp_path).fetch("7")
    assert (answer.kind, answer.code, answer.source) == (Kind.TRANSIENT, code, "folder")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    folder = JsonFolder(tmp_path)
    assert [folder.fetch(name).code for name in ("pipe", "folder")] == ["unreadable", "unreadable"]


LEADING_AWAY = ["", " ", ".", "..", "../7", "a/b", "/etc/passwd", "a\\b", "a\x00b", "a\nb", "x" * 251, "\udcff\ud800"]


@pytest.mark.parametrize("task", LEADING_AWAY, ids=ascii)
def test_an_id_that_leads_elsewhere_is_refused_unasked(tmp_path: Path, task: str) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "7.json").write_text("[]")
    assert JsonFolder(tmp_path / "inner").fetch(task).kind is Kind.BAD_ITEM
    seen: list[Request] = []
    with endpoint(noting(seen)) as provider:
        assert provider.fetch(task).kind is Kind.BAD_ITEM
    assert seen == []


@pytest.mark.parametrize(
    ("task", "path"),
    [
        ("7", "/tasks/7"),
        ("a b?c#d&e=%2e", "/tasks/a%20b%3Fc%23d%26e%3D%252e"),
        ("你好", "/tasks/%E4%BD%A0%E5%A5%BD"),
        ("{id}", "/tasks/%7Bid%7D"),
        ("...", "/tasks/..."),
    ],
)
def test_an_id_is_quoted_in_the_address(task: str, path: str) -> None:
    seen: list[Request] = []
    with endpoint(noting(seen)) as provider:
        assert provider.fetch(task).kind is Kind.FOUND
    assert [(request.method, request.path) for request in seen] == [("GET", path)]


def test_an_id_may_stand_in_the_query() -> None:
    seen: list[Request] = []
    with endpoint(noting(seen), "/x?task={id}&v=1") as provider:
        provider.fetch("a&b")
    assert [request.path for request in seen] == ["/x?task=a%26b&v=1"]


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (Response(404, b"<html>"), Kind.GONE, "HTTP 404"),
        (Response(410), Kind.GONE, "HTTP 410"),
        (Response(401), Kind.STOP_RUN, "HTTP 401"),
        (Response(403), Kind.STOP_RUN, "HTTP 403"),
        (Response(400), Kind.BAD_ITEM, "HTTP 400"),
        (Response(422), Kind.BAD_ITEM, "HTTP 422"),
        (Response(500), Kind.TRANSIENT, "HTTP 500"),
        (Response(503), Kind.TRANSIENT, "HTTP 503"),
        (Response(418), Kind.TRANSIENT, "HTTP 418"),
        (Response(302, headers={"Location": "/login"}), Kind.TRANSIENT, "HTTP 302"),
        (Response(301, headers={"Location": "https://b.example/"}), Kind.STOP_RUN, "HTTP 301"),
        (Response(200, b"<!doctype html>"), Kind.TRANSIENT, "html"),
        (Response(200, b'[{"fileUrl'), Kind.TRANSIENT, "not_json"),
        (Response(204), Kind.TRANSIENT, "empty"),
        (Response(200, trick="close"), Kind.TRANSIENT, "connection"),
        (Response(200, b"[" + b" " * 99, trick="half"), Kind.TRANSIENT, "connection"),
        (Response(200, b"200", trick="huge"), Kind.TRANSIENT, "too_big"),
    ],
    ids=str,
)
def test_what_an_address_may_answer(response: Response, kind: Kind, code: str) -> None:
    answer = asked(response)
    assert (answer.kind, answer.code, answer.source) == (kind, code, "endpoint")


@pytest.mark.parametrize(
    "response", [Response(trick="trickle_head"), Response(trick="trickle_body"), Response(wait=60)]
)
def test_an_address_that_is_too_slow_runs_into_the_deadline(response: Response) -> None:
    answer = asked(response, SHORT)
    assert (answer.kind, answer.code) == (Kind.TRANSIENT, "timeout")


@pytest.mark.parametrize(
    ("header", "wait"), [("7", timedelta(seconds=7)), ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta(0))]
)
def test_an_address_that_was_asked_too_often_says_when_to_come_back(header: str, wait: timedelta) -> None:
    answer = asked(Response(429, headers={"Retry-After": header}))
    assert (answer.kind, answer.retry_after) == (Kind.LIMITED, wait)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(404), Kind.FOUND),  # it answers; that this task is not there was to be expected
        (json_response([FILE]), Kind.FOUND),
        (Response(400), Kind.FOUND),
        (Response(401), Kind.STOP_RUN),
        (Response(200, b"<html>log in"), Kind.TRANSIENT),
        (Response(500), Kind.TRANSIENT),
    ],
    ids=str,
)
def test_whether_an_address_can_be_used(response: Response, kind: Kind) -> None:
    with endpoint(lambda _request: response) as provider:
        answer = provider.check()
    assert (answer.kind, answer.outputs) == (kind, ())


@pytest.mark.parametrize("url", ["https://a.example/tasks", "https://{id}.example/x", "https://{id}.example/{id}"])
def test_an_id_must_stand_where_it_can_be_quoted(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"without \{id\} in its path or query"):
        JsonEndpoint(url, PATIENT)


def test_what_an_address_hides_is_not_shown() -> None:
    provider = JsonEndpoint("https://me:hunter2@no-such.invalid/{id}?token=hunter3", PATIENT)
    shown = f"{provider!r} {provider.name} {provider.fetch('7')} {provider.check()}"
    provider.close()
    assert "hunter" not in shown
    assert provider.own_hosts == {"no-such.invalid:443"}


def test_names_tell_sources_apart(tmp_path: Path) -> None:
    names = {JsonFolder(tmp_path).name, JsonFolder(tmp_path / "b").name}
    names |= {JsonEndpoint(f"https://{host}/{{id}}", PATIENT).name for host in ("a.example", "b.example")}
    assert len(names) == 4
