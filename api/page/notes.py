"""What has just been done, told once on the page that follows: kept in the browser for that minute."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from api.page.leading import see_other
from api.page.visitors import keep
from api.page.wording import PHRASES, Words
from consistency.errors import ReconcileryError
from consistency.one_line import one_line

COOKIE = "reconcilery_said"
_SECONDS, _LONGEST = 60, 3000
_PREFIX = "note_"
_ANY_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Note:
    """`kind` is done or failed; `key` names the text."""

    kind: str
    key: str
    filled: Mapping[str, str]

    def text(self, words: Words) -> str:
        """In words."""
        return words.say(self.key, **self.filled)


def back(request: Request, path: str, key: str, **filled: object) -> Response:
    """Go on with that page, which says what was done."""
    return _with_note(request, path, "done", key, {name: str(value) for name, value in filled.items()})


def failed(request: Request, path: str, error: ReconcileryError) -> Response:
    """Go on with that page, which says why it could not be done."""
    return _with_note(request, path, "failed", "note_failed", {"why": one_line(error, 600)})


def refused(request: Request, path: str, key: str, **filled: object) -> Response:
    """The same in words of the page."""
    return _with_note(
        request,
        path,
        "failed",
        key,
        {name: str(value) for name, value in filled.items()},
    )


def note_of(request: Request) -> Note | None:
    """What is to be told now; nothing that somebody else could have put there but words of the page."""
    written = request.cookies.get(COOKIE, "")[:_LONGEST]
    if not written:
        return None
    try:
        kind, key, filled = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        known = key.startswith(_PREFIX) and key in PHRASES["en"] and kind in {"done", "failed"}
        note = Note(kind, key, {str(name): str(value) for name, value in filled.items()})
        note.text(Words("en", _ANY_ZONE))
    except (
        binascii.Error,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        RecursionError,
    ):
        return None
    return note if known else None


def forget_note(response: Response) -> None:
    """It has been told."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def _with_note(request: Request, path: str, kind: str, key: str, filled: Mapping[str, str]) -> Response:
    response = see_other(path)
    written = json.dumps([kind, key, filled], separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    keep(
        request,
        response,
        COOKIE,
        base64.urlsafe_b64encode(written).rstrip(b"=").decode(),
        _SECONDS,
    )
    return response
