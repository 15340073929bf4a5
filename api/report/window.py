"""The stretch of time that a report is asked for, in the words of the command line and of the page."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from consistency.dates import ARGUMENTS, window_of
from consistency.errors import BadRequest
from consistency.model import Window

DEFAULT_LENGTH = timedelta(days=14)
#: A year with its neighbours; what is longer takes seconds to gather and is a page of megabytes.
LONGEST = timedelta(days=400)


def report_window(
    start_text: str | None,
    end_text: str | None,
    zone: ZoneInfo,
    now: datetime,
    arguments: tuple[str, str] = ARGUMENTS,
) -> Window:
    """The window that two optional texts mean; BadRequest names the argument that cannot be or makes it too long."""
    window = window_of(start_text, end_text, zone, now, DEFAULT_LENGTH, arguments)
    if window.length > LONGEST:
        # A day more than needed, so that it is still true when it has been typed.
        earliest = (window.end - LONGEST).astimezone(zone).date() + timedelta(days=2)
        raise BadRequest(
            f"{arguments[0]}: a report covers at most {LONGEST.days} days, this would be {window.length.days};"
            f" begin on {earliest} or later"
        )
    return window
