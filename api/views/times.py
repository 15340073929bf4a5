"""Moments, stretches and lengths of time as people read them, in the configured zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from consistency.model import Window

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-09-16 11:00:05 +08:00`; in UTC `2026-09-16 03:00:05 UTC`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {_offset(moment, zone)}"


def window_text(window: Window, zone: ZoneInfo) -> str:
    """`2026-09-16 11:00:00 to 12:00:00 +08:00`, with the second date and the first offset where they differ."""
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    first, last = _offset(window.start, zone), _offset(window.end, zone)
    begin = f"{start:%Y-%m-%d %H:%M:%S}" + (f" {first}" if first != last else "")
    finish = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{begin} to {finish} {last}"


def _offset(moment: datetime, zone: ZoneInfo) -> str:
    written = moment.astimezone(zone).isoformat()[-6:]
    return "UTC" if zone.key == "UTC" else written


def seconds_text(seconds: float | None) -> str:
    """`2.1 s`, `48 s`, `5 min`, `3.5 h`, `12 d`; `-` for None."""
    if seconds is None:
        return "-"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - where a tenth says nothing
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.1f} h"
    return f"{seconds / _DAY:.0f} d"


def ago_text(moment: datetime, now: datetime) -> str:
    """`5 min ago`."""
    return f"{seconds_text(max(0.0, (now - moment) / timedelta(seconds=1)))} ago"
