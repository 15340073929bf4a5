from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from compensation.provider import Answer, Kind
from compensation.providers.asking import document, ill, refusal
from consistency.http_trouble import NoReply
from consistency.one_line import one_line
from consistency.retry_after import retry_after
from consistency.timed_http import Reply

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("7", timedelta(seconds=7)),
        (" 0 ", timedelta(0)),
        ("Sun, 01 Mar 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta(0)),  # in the past
        ("Sun, 01 Mar 2026 13:00:30 +0100", timedelta(seconds=30)),
        ("Sun, 01 Mar 2026 12:00:30 -0000", timedelta(seconds=30)),
        ("9" * 5000, timedelta(days=1)),
        ("Sun, 01 Mar 2099 12:00:30 GMT", timedelta(days=1)),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_how_long_a_server_wants_us_to_wait(text: str | None, wait: timedelta | None) -> None:
    assert retry_after(text, NOW) == wait


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<!doctype html><html>", "html"),
        (b'{"code": 0, "data": [{"fi', "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"NaN", "not_json"),
        (b'{"a": Infinity}', "not_json"),
        (b"[" * 1_000_000, "not_json"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "not_json"),
    ],
)
def test_what_is_no_json_is_said_in_one_line(body: bytes, code: str) -> None:
    found = document(Reply(200, {}, body))
    assert found.trouble is not None
    assert (found.trouble.kind, found.trouble.code) == (Kind.TRANSIENT, code)
    assert found.trouble.detail


def test_json_is_read_also_where_it_says_nothing() -> None:
    assert document(Reply(200, {}, b"null")).trouble is None
    assert document(Reply(200, {}, b'[{"a": 1}]')).value == [{"a": 1}]


def test_a_body_that_was_cut_off_is_not_read() -> None:
    trouble = document(Reply(200, {}, b"[]", complete=False)).trouble
    assert trouble is not None
    assert (trouble.code, trouble.detail) == ("too_big", "the answer is larger than 8 MB")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(200, {}, b""), None),
        (Reply(404, {}, b""), None),
        (Reply(429, {"Retry-After": "3"}, b""), (Kind.LIMITED, "HTTP 429", timedelta(seconds=3))),
        (Reply(429, {}, b""), (Kind.LIMITED, "HTTP 429", None)),
        (Reply(503, {"Retry-After": "3"}, b""), (Kind.TRANSIENT, "HTTP 503", timedelta(seconds=3))),
        (Reply(500, {}, b'{"code": 807}'), (Kind.TRANSIENT, "HTTP 500", None)),
        (NoReply("timeout", "too late"), (Kind.TRANSIENT, "timeout", None)),
    ],
)
def test_a_server_that_is_ill(reply: Reply | NoReply, expected: object) -> None:
    answer = ill(reply, NOW)
    assert (answer and (answer.kind, answer.code, answer.retry_after)) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(401, {}, b""), (Kind.STOP_RUN, "a.example refuses access (HTTP 401)")),
        (Reply(403, {}, b""), (Kind.STOP_RUN, "a.example refuses access (HTTP 403)")),
        (
            Reply(301, {"Location": "https://b.example/secret"}, b""),
            (Kind.STOP_RUN, "a.example sends us on to b.example, which is not followed; see HERE"),
        ),
        (
            Reply(302, {"Location": "/login"}, b""),
            (Kind.TRANSIENT, "a.example sends us on to a.example, which is not followed; see HERE"),
        ),
        (Reply(418, {}, b""), None),
    ],
)
def test_a_server_that_wants_something_else(reply: Reply, expected: object) -> None:
    answer = refusal(reply, "https://a.example/x?token=hidden", "HERE")
    assert (answer and (answer.kind, answer.detail)) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\r\nlines\tand  more", "two lines and more"),
        ("\x1b[31mred\x00", "?[31mred?"),
        ("half a pair \ud800", "half a pair ?"),
        ("https://u:hunter2@host/x", "https://u:***@host/x"),
        (Path("a"), "a"),
        ("x" * 500, "x" * 299 + "…"),
    ],
)
def test_foreign_text_is_one_printable_line(text: object, shown: str) -> None:
    assert one_line(text) == shown


def test_an_answer_holds_nothing_by_default() -> None:
    assert Answer(Kind.GONE).outputs == ()
