"""Lengths of time as flags."""

from datetime import timedelta

from consistency.durations import parse_duration
from consistency.errors import BadRequest

LONGEST = timedelta(days=3650)


def span(flag: str, text: str) -> timedelta:
    """`90m` as a length of time; BadRequest, which names the flag, for nothing, for what is longer than ten years."""
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise BadRequest(f"{flag}: {error}") from None
    if not timedelta(0) < length <= LONGEST:
        raise BadRequest(f"{flag}: {text} must be longer than 0 and at most 10 years")
    return length
