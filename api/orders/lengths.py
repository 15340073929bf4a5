"""Lengths of time as people give them."""

from datetime import timedelta

from consistency.durations import parse_duration
from consistency.errors import BadRequest

LONGEST = timedelta(days=3650)


def span(name: str, text: str) -> timedelta:
    """`90m` as a length of time; BadRequest, which names it, for nothing and for what is longer than ten years."""
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise BadRequest(f"{name}: {error}") from None
    if not timedelta(0) < length <= LONGEST:
        raise BadRequest(f"{name}: {text} must be longer than 0 and at most 10 years")
    return length
