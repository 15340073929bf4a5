from datetime import UTC, datetime

import pytest

from compensation.providers.link_expiry import expiry_of, says_expired
from compensation.providers.links import Life, judged
from consistency.http_trouble import NoReply
from consistency.timed_http import Reply

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOON = "20260301T110000Z"


@pytest.mark.parametrize(
    ("query", "ends"),
    [
        (f"X-Amz-Date={NOON}&X-Amz-Expires=3600&X-Amz-Signature=x", NOW),
        (f"x-oss-date={NOON}&x-oss-expires=3600", NOW),
        (f"X-Goog-Date={NOON}&X-Goog-Expires=3600", NOW),
        ("Expires=1772366400&OSSAccessKeyId=x&Signature=y", NOW),
        ("q-sign-time=1772362800;1772366400&q-signature=x", NOW),
        ("se=2026-03-01T12:00:00Z&sig=x", NOW),
        ("se=2026-03-01&sig=x", datetime(2026, 3, 1, tzinfo=UTC)),
        # What does not say.
        ("", None),
        ("v=1", None),
        ("se=2026-03-01T12:00:00Z", None),
        ("Expires=never", None),
        ("Expires=99999999999999999999", None),
        ("q-sign-time=7", None),
        (f"X-Amz-Date={NOON}", None),
        ("X-Amz-Date=noon&X-Amz-Expires=3600", None),
        (f"X-Amz-Date={NOON}&X-Amz-Expires=99999999999999999999", None),
    ],
)
def test_when_a_signed_link_ends(query: str, ends: datetime | None) -> None:
    assert expiry_of(f"https://files.example/a.png?{query}") == ends


def test_what_is_no_address_says_nothing() -> None:
    assert expiry_of("https://[broken") is None


@pytest.mark.parametrize(
    ("body", "expired"),
    [
        (b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", True),
        (b"<Error><Code>ExpiredToken</Code></Error>", True),
        (b"Signature not valid in the specified time frame", True),
        (b"<Error><Code>AccessDenied</Code></Error>", False),
        (b"", False),
    ],
)
def test_whether_a_refusal_speaks_of_time(body: bytes, expired: object) -> None:
    assert says_expired(body) is expired


PAST, FUTURE = "https://x/?Expires=1772366399", "https://x/?Expires=1772366401"


@pytest.mark.parametrize(
    ("url", "reply", "life", "code"),
    [
        ("https://x/", Reply(200, {}, b""), Life.ALIVE, "HTTP 200"),
        ("https://x/", Reply(206, {}, b"a"), Life.ALIVE, "HTTP 206"),
        ("https://x/", Reply(416, {}, b""), Life.ALIVE, "HTTP 416"),  # a file of no bytes has no first one
        (PAST, Reply(200, {}, b""), Life.ALIVE, "HTTP 200"),  # the server knows better than the link
        ("https://x/", Reply(404, {}, b""), Life.EXPIRED, "HTTP 404"),
        ("https://x/", Reply(410, {}, b""), Life.EXPIRED, "HTTP 410"),
        ("https://x/", Reply(403, {}, b"Request has expired."), Life.EXPIRED, "HTTP 403"),
        (PAST, Reply(403, {}, b""), Life.EXPIRED, "HTTP 403"),
        (PAST, Reply(400, {}, b""), Life.EXPIRED, "HTTP 400"),
        (FUTURE, Reply(403, {}, b""), Life.UNKNOWN, "HTTP 403"),
        ("https://x/", Reply(403, {}, b""), Life.UNKNOWN, "HTTP 403"),
        ("https://x/", Reply(429, {}, b""), Life.UNKNOWN, "HTTP 429"),
        (PAST, Reply(503, {}, b"expired"), Life.UNKNOWN, "HTTP 503"),  # the server is ill, whatever it says
        ("https://x/", Reply(302, {}, b""), Life.UNKNOWN, "HTTP 302"),
        ("https://x/", NoReply("timeout", "too late"), Life.UNKNOWN, "timeout"),
        ("https://x/", NoReply("refused", "inner network"), Life.UNKNOWN, "refused"),
    ],
)
def test_what_is_known_of_a_link(url: str, reply: Reply | NoReply, life: Life, code: str) -> None:
    state = judged(url, reply, NOW)
    assert (state.life, state.code) == (life, code)
