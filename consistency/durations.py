"""Durations as people write them (`10m`, `2w`, `1h30m`) and back."""

import re
from datetime import timedelta

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_WHOLE = re.compile(r"(?:[0-9]+(?:ms|[wdhms]))+", re.ASCII)
_PIECE = re.compile(r"([0-9]+)(ms|[wdhms])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """`10m`, `30s`, `14d`, `1h30m`, `500ms` or a plain `0`; units from large to small, each once, else ValueError."""
    stripped = text.strip().lower()
    if stripped == "0":
        return timedelta(0)
    if stripped.startswith("-"):
        raise ValueError(f"{text!r} is negative: write a duration like 10m, 24h or 14d")
    if not _WHOLE.fullmatch(stripped):
        raise ValueError(f"{text!r} is no duration: write a number with a unit (ms, s, m, h, d, w), like 10m or 1h30m")
    pieces = _PIECE.findall(stripped)
    ranks = [list(_UNITS).index(unit) for _, unit in pieces]
    if ranks != sorted(set(ranks)):
        raise ValueError(f"{text!r} is no duration: each unit once, large before small, like 1h30m")
    try:
        return sum((int(number) * _UNITS[unit] for number, unit in pieces), timedelta(0))
    except (OverflowError, ValueError):
        raise ValueError("the duration is too long: write something like 14d") from None


def duration_text(duration: timedelta) -> str:
    """The shortest form that `parse_duration` reads back; under a millisecond is dropped, negative is a ValueError."""
    if duration < timedelta(0):
        raise ValueError("a duration is not negative")
    written, rest = "", duration
    for unit, size in _UNITS.items():
        number, remainder = divmod(rest, size)
        # Weeks only when they come out even: "10d" reads better than "1w3d".
        if unit == "w" and remainder:
            continue
        if number:
            written += f"{number}{unit}"
        rest = remainder
    return written or "0"
