"""Moments in queries, and places in lists that are ordered by them."""

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from api.http.cursors import bad_cursor, read_cursor, write_cursor
from api.http.problems import bad_parameter
from consistency.dates import parse_start
from consistency.errors import BadRequest
from consistency.model import parse_utc, utc_text
from consistency.settings import Settings

#: In a URL a plus that is not escaped is a space.
_LOST_PLUS = re.compile(r"(?<=T)(.*) (\d\d:?\d\d)$", re.ASCII)
_LARGEST_NUMBER = 2**63 - 1
_ID = re.compile(r"[0-9a-f-]{32,36}", re.ASCII)

Behind = tuple[datetime, str]


def moment_of(
    parameter: str, text: str, settings: Settings, now: datetime, parse: Callable[..., datetime] = parse_start
) -> datetime | None:
    """The moment that a parameter means, as on the command line; None when it is empty, a Problem when it is none."""
    if not text:
        return None
    try:
        return parse(_LOST_PLUS.sub(r"\1+\2", text), ZoneInfo(settings.timezone), now, parameter)
    except BadRequest as error:
        raise bad_parameter(parameter, str(error).partition(": ")[2]) from None


def cursor_behind(kind: str, moment: datetime, identifier: str) -> str:
    """The place behind the thing with that moment and id."""
    return write_cursor(kind, utc_text(moment), identifier)


def place_behind(kind: str, cursor: str) -> Behind | None:
    """The inverse; None for the beginning of the list, a Problem for what is no cursor of it."""
    found = read_cursor(kind, cursor, 2)
    if found is None:
        return None
    moment, identifier = found
    if not _ID.fullmatch(identifier):
        raise bad_cursor()
    return cursor_moment(moment), identifier


def cursor_moment(text: str) -> datetime:
    """A moment of a cursor; a Problem when it is none."""
    try:
        return parse_utc(text)
    except (ValueError, OverflowError):
        raise bad_cursor() from None


def place_number(text: str) -> int:
    """A number of a cursor that a database has given; a Problem when it is none."""
    if not text.isascii() or not text.isdigit() or int(text[:20]) > _LARGEST_NUMBER:
        raise bad_cursor()
    return int(text[:20])
