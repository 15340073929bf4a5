"""Reads what --task-ids names: ids, a file of ids, or stdin."""

import re
import sys
from pathlib import Path

from consistency.errors import BadRequest

FLAG = "--task-ids"
MOST_CHARACTERS = 32 * 1024 * 1024


def given_ids(text: str) -> tuple[list[str], int]:
    """The ids, each once and in their order, and how many were repeated; BadRequest when there are none to read."""
    place, content = _content(text)
    found = [each for each in map(str.strip, re.split(r"[,\r\n]", content)) if each]
    if not found:
        raise BadRequest(f"{FLAG}: {place} no ids; name some, separated by commas or one a line")
    if wrong := next((each for each in found if _is_no_text(each)), None):
        raise BadRequest(f"{FLAG}: {wrong[:60]!r} is no text in UTF-8")
    ids = list(dict.fromkeys(found))
    return ids, len(found) - len(ids)


def _is_no_text(found: str) -> bool:
    # Bytes that are no UTF-8 come in as surrogates, which no database takes.
    return "\x00" in found or any("\ud800" <= char <= "\udfff" for char in found)


def _content(text: str) -> tuple[str, str]:
    if text.strip() == "-":
        return "stdin holds", _from_stdin()
    if text.startswith("@"):
        name = text[1:].strip()
        if not name:
            raise BadRequest(f"{FLAG}: @ must be followed by the name of a file")
        return f"{name} holds", _from_file(name)
    return f"{text[:60]!r} names", text


def _from_stdin() -> str:
    if sys.stdin is None:
        raise BadRequest(f"{FLAG}: stdin cannot be read: it is closed")
    try:
        return _bounded(sys.stdin.read(MOST_CHARACTERS + 1), "stdin")
    except (OSError, ValueError) as error:
        raise BadRequest(f"{FLAG}: stdin cannot be read: {_reason(error)}") from None


def _from_file(name: str) -> str:
    try:
        with Path(name).expanduser().open(encoding="utf-8-sig") as file:
            return _bounded(file.read(MOST_CHARACTERS + 1), name)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadRequest(f"{FLAG}: {name} cannot be read: {_reason(error)}") from None


def _bounded(content: str, place: str) -> str:
    if len(content) > MOST_CHARACTERS:
        raise BadRequest(f"{FLAG}: {place} is larger than {MOST_CHARACTERS >> 20} MB; use dates, or several runs")
    return content.removeprefix("\ufeff")


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
