"""What people write beside what they do: one line each, kept with it for ever."""

from consistency.errors import BadRequest

LONGEST_NAME = 200
LONGEST_TEXT = 500


def require_text(name: str, given: str, longest: int = LONGEST_TEXT) -> str:
    """The text as one line; BadRequest when it is empty or too long."""
    text = optional_text(name, given, longest)
    if not text:
        raise BadRequest(f"{name}: is empty; write who or why in a few words")
    return text


def optional_text(name: str, given: str, longest: int = LONGEST_TEXT) -> str:
    """The same, where it may be empty."""
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(given.split()))
    if len(line) > longest:
        raise BadRequest(f"{name}: has {len(line)} characters; it can have {longest}")
    return line
