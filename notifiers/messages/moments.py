"""Moments and stretches of time in the reader's zone, to the minute."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-09-16 11:00 +08:00`; in UTC `2026-09-16 03:00 UTC`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {_offset(moment, zone)}"


def ends_text(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """Both ends of a stretch: the date once if it is one day, the offset once if it is one."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    one_offset = _offset(start, zone) == _offset(end, zone)
    begin = f"{first:%Y-%m-%d %H:%M}" if one_offset else local_text(start, zone)
    if first.date() == last.date():
        return begin, f"{last:%H:%M} {_offset(end, zone)}"
    return begin, local_text(end, zone)


def _offset(moment: datetime, zone: ZoneInfo) -> str:
    if zone.key == "UTC":
        return "UTC"
    text = f"{moment.astimezone(zone):%z}"
    return f"{text[:3]}:{text[3:5]}"
