"""What an answer says when something is wrong: one JSON object by RFC 9457, `application/problem+json`.

`status`, `title` and `detail` are always there, and `request_id`, under which the log has the request. Several faults
stand in `errors`: each with `detail` and either the `pointer` to the place in the body or the `parameter`.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import Response

from consistency.events import json_bytes

MEDIA_TYPE = "application/problem+json"
Faults = Sequence[Mapping[str, str]]


class Problem(Exception):
    """Raised anywhere while a request is answered; it becomes the answer."""

    def __init__(
        self, status: int, detail: str, *, errors: Faults = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def problem_answer(problem: Problem) -> Response:
    """The answer itself."""
    return Response(json_bytes(problem_object(problem)), problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def problem_object(problem: Problem) -> dict[str, Any]:
    """Its JSON object."""
    found: dict[str, Any] = {
        "type": "about:blank",
        "title": _title(problem.status),
        "status": problem.status,
        "detail": _printable(problem.detail),
    }
    if problem.errors:
        found["errors"] = [{key: _printable(text) for key, text in each.items()} for each in problem.errors]
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        found["request_id"] = request_id
    return found


def bad_parameter(name: str, detail: str) -> Problem:
    """A parameter of the query, the path or the header that is wrong."""
    return Problem(422, f"{name}: {detail}", errors=[{"parameter": name, "detail": detail}])


def not_found(what: str) -> Problem:
    """`what` names the thing and its id, such as `there is no alert 12`."""
    return Problem(404, what)


def pointer(*path: object) -> str:
    """The place in a body as RFC 6901 writes it: `/3/level`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _printable(text: str) -> str:
    # It shows what the client sent, and may be shown on a terminal.
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
