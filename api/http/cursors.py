"""Long lists, a page at a time: how many, from where on, and the link to the page that follows.

An endpoint takes a model of its query that extends `Page`, so that a mistyped parameter is told, not ignored.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.problems import Problem, bad_parameter
from consistency.events import json_bytes

LARGEST = 500
_LONGEST_CURSOR = 1000


class Page(BaseModel):
    """The part of a long list that is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=50, ge=1, le=LARGEST, description="how many at most")
    cursor: str = Field(
        default="", max_length=_LONGEST_CURSOR, description="from the page before: its `next`; absent for the first"
    )


def write_cursor(kind: str, *place: str) -> str:
    """The opaque name of a place in the list of that kind."""
    return base64.urlsafe_b64encode(json_bytes([kind, *place])).rstrip(b"=").decode()


def read_cursor(kind: str, cursor: str, parts: int) -> list[str] | None:
    """The inverse, None for the beginning of the list; a Problem for what is no cursor of such a list."""
    if not cursor:
        return None
    found = _decoded(cursor)
    texts = isinstance(found, list) and all(isinstance(part, str) for part in found)
    if not texts or len(found) != parts + 1 or found[0] != kind:
        raise bad_cursor()
    return list(found[1:])


def bad_cursor() -> Problem:
    """What is said of a cursor that leads nowhere."""
    return bad_parameter("cursor", "it is no cursor of this list; take `next` of the page before, or leave it out")


def page_answer(request: Request, name: str, items: Sequence[Any], cursor: str | None) -> Response:
    """`{"NAME": […], "next": cursor or null}`, with a Link to the next page; items may be JSON already, as bytes."""
    headers = {"Link": f'<{_next_path(request, cursor)}>; rel="next"'} if cursor else {}
    written = b",".join(each if isinstance(each, bytes) else json_bytes(each) for each in items)
    body = b'{"schema_version":1,%b:[%b],"next":%b}' % (json_bytes(name), written, json_bytes(cursor))
    return Response(body, media_type="application/json", headers=headers)


def _next_path(request: Request, cursor: str) -> str:
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    return f"{quote(request.url.path)}?{urlencode([*kept, ('cursor', cursor)])}"


def _decoded(cursor: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
