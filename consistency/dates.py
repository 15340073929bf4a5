"""Dates and windows as a person types them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from consistency.durations import parse_duration
from consistency.errors import BadRequest
from consistency.model import Window, utc_text
from consistency.zones import transitions

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]"
    r"([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII | re.IGNORECASE,
)
_NOW = re.compile(r"now(?:\s*-\s*(?P<ago>\S+))?", re.ASCII | re.IGNORECASE)
_FORMS = "write 2026-09-15, 2026-09-15T03:00, 2026-09-15T03:00:00Z, 2026-09-15T03:00+08:00, now or now-24h"

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

ARGUMENTS = ("--start-date", "--end-date")


def parse_start(text: str, zone: ZoneInfo, now: datetime, argument: str = ARGUMENTS[0]) -> datetime:
    """The first instant that the text means, aware UTC: of a date the beginning of that day in `zone`."""
    return _parse(text, zone, now, argument, _day_start)


def parse_end(text: str, zone: ZoneInfo, now: datetime, argument: str = ARGUMENTS[1]) -> datetime:
    """The instant, aware UTC, before which everything the text means lies: of a date the end of that day in `zone`."""
    return _parse(text, zone, now, argument, lambda day, zone: _day_start(day + timedelta(days=1), zone))


def window_of(
    start_text: str | None,
    end_text: str | None,
    zone: ZoneInfo,
    now: datetime,
    default_length: timedelta,
    arguments: tuple[str, str] = ARGUMENTS,
) -> Window:
    """The half-open window that two optional texts mean; what is left out is `now`, or `default_length` before the end.

    An end later today is taken as `now`; BadRequest names the argument that cannot be.
    """
    start_name, end_name = arguments
    end = now if end_text is None else _reached(parse_end(end_text, zone, now, end_name), zone, now, end_name, end_text)
    start = end - default_length if start_text is None else parse_start(start_text, zone, now, start_name)
    if start > now:
        raise BadRequest(f"{start_name}: {start_text} is in the future; it is {utc_text(now)} now")
    if start == end:
        raise BadRequest(f"{end_name}: the window is empty, it starts and ends at {utc_text(start)}")
    if start > end:
        raise BadRequest(f"{end_name}: {utc_text(end)} lies before the start {utc_text(start)}; swap the two")
    return Window(start, end)


def _reached(end: datetime, zone: ZoneInfo, now: datetime, argument: str, text: str) -> datetime:
    if end <= now:
        return end
    if end > _day_start(now.astimezone(zone).date() + timedelta(days=1), zone):
        raise BadRequest(f"{argument}: {text} is in the future; the latest end is today, or leave it out for now")
    return now


def _parse(
    text: str, zone: ZoneInfo, now: datetime, argument: str, of_day: Callable[[date, ZoneInfo], datetime]
) -> datetime:
    try:
        moment = _read(text.strip(), zone, now, of_day)
    except OverflowError:
        raise BadRequest(f"{argument}: {text!r} is too far away; {_FORMS}") from None
    except ValueError as problem:
        raise BadRequest(f"{argument}: {text!r} is no date: {problem}") from None
    if moment < _EARLIEST:
        raise BadRequest(f"{argument}: {text!r} is too long ago; the earliest is {utc_text(_EARLIEST)}")
    return moment


def _read(text: str, zone: ZoneInfo, now: datetime, of_day: Callable[[date, ZoneInfo], datetime]) -> datetime:
    if relative := _NOW.fullmatch(text):
        return now - parse_duration(relative["ago"] or "0")
    if _DATE.fullmatch(text):
        return of_day(date.fromisoformat(text), zone)
    if exact := _TIME.fullmatch(text):
        return _exact(datetime.fromisoformat(text.upper()), zone, has_offset=exact[3] is not None)
    raise ValueError(_FORMS)


def _exact(moment: datetime, zone: ZoneInfo, *, has_offset: bool) -> datetime:
    if has_offset:
        return moment.astimezone(UTC)
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError(f"clocks in {zone.key} skip it; take a time beside it or add an offset")
    raise ValueError(f"clocks in {zone.key} show it twice; write {first.isoformat()} or {second.isoformat()}")


def _day_start(day: date, zone: ZoneInfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    first = midnight.astimezone(UTC)
    # Where clocks skip midnight, the day begins at the change itself.
    if first.astimezone(zone).replace(tzinfo=None) != midnight.replace(tzinfo=None):
        return transitions(zone, first - timedelta(days=1), first + timedelta(seconds=1))[-1].at_utc
    return first
