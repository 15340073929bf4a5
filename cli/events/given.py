"""JSON objects as flags hold them, or as they come from stdin."""

import json
import sys
from typing import Any

from consistency.errors import BadRequest

_MOST_CHARACTERS = 1 << 20


def given_object(flag: str, text: str | None) -> dict[str, Any] | None:
    """The object, or None for nothing; `-` reads stdin. BadRequest, which names the flag, for anything else."""
    if text is None:
        return None
    try:
        found = json.loads(_from_stdin(flag) if text == "-" else text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{flag}: it is no JSON: {error}; write something like '{{\"records\": 5}}'") from None
    if not isinstance(found, dict):
        raise BadRequest(f"{flag}: it must be an object, such as '{{\"records\": 5}}'")
    return found


def _from_stdin(flag: str) -> str:
    if sys.stdin is None:
        raise BadRequest(f"{flag}: stdin cannot be read: it is closed")
    try:
        content = sys.stdin.read(_MOST_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise BadRequest(f"{flag}: stdin is no text in UTF-8") from None
    except OSError as error:
        raise BadRequest(f"{flag}: stdin cannot be read: {error.strerror}") from None
    if len(content) > _MOST_CHARACTERS:
        raise BadRequest(f"{flag}: stdin is larger than 1 MB")
    return content
