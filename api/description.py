"""What the API says of itself in /openapi.json."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from api.http.problems import MEDIA_TYPE

PREFIX = "/api/monitoring"
TITLE = "Reconcilery"
ABOUT = """\
Finds successful tasks that have no output, tells the right people once, and puts the outputs back.

Every error is a JSON object of the type `application/problem+json` by RFC 9457. Times are RFC 3339 in UTC.
"""
TAGS = [
    {"name": "overview", "description": "How things stand."},
    {"name": "health", "description": "How the system itself is."},
    {"name": "checks", "description": "Have checks made, and read what they found."},
    {"name": "missing", "description": "Tasks without their output."},
    {"name": "repairs", "description": "Plan repairs, carry them out, take them back."},
    {"name": "alerts", "description": "What is wrong, who has taken it on, and what nobody is told of."},
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
_EVENT = {
    "type": "object",
    "required": ["event_type", "level", "service", "message"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"},
        "timestamp": {"type": "string", "format": "date-time", "description": "with a zone; absent: now"},
        "event_type": {"type": "string", "description": "a built-in type, or one of the setting event_types"},
        "level": {"type": "string", "enum": ["info", "warning", "error", "critical"]},
        "service": {"type": "string", "minLength": 1, "maxLength": 100},
        "message": {"type": "string"},
        "details": {"type": "object"},
        "metrics": {"type": "object"},
    },
}
#: The body of a request that sends events.
EVENTS_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "example": {
                    "event_type": "sync_success",
                    "level": "info",
                    "service": "datasync",
                    "message": "done",
                },
                "schema": {"oneOf": [_EVENT, {"type": "array", "items": _EVENT, "minItems": 1, "maxItems": 1000}]},
            }
        },
    }
}


def program_version() -> str:
    """The version that is installed."""
    try:
        return version("reconcilery")
    except PackageNotFoundError:
        return "unknown"
