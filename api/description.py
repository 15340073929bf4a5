"""What the API says of itself in /openapi.json."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from api.problems import MEDIA_TYPE

TITLE = "Reconcilery"
ABOUT = """\
Finds successful tasks that have no output, tells the right people once, and puts the outputs back.

Every error is a JSON object of the type `application/problem+json` by RFC 9457. Times are RFC 3339 in UTC.
"""
TAGS = [
    {"name": "events", "description": "What services tell, and what it amounts to."},
    {"name": "probes", "description": "For whoever supervises the processes."},
]
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "one line that names what is wrong and the fix"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "each fault with its place"},
        "request_id": {"type": "string", "description": "under which the log has the request"},
    },
}
#: For routers: what may come instead of any answer.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request is wrong.", "content": {MEDIA_TYPE: {"schema": _PROBLEM}}},
    "5XX": {"description": "It could not be done now.", "content": {MEDIA_TYPE: {"schema": _PROBLEM}}},
}


def program_version() -> str:
    """The version that is installed."""
    try:
        return version("reconcilery")
    except PackageNotFoundError:
        return "unknown"
