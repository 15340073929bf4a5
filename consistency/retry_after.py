"""How long a server asks to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST_WAIT = timedelta(days=1)


def retry_after(text: str | None, now: datetime) -> timedelta | None:
    """How long to wait by a Retry-After header, in seconds or as a date; None if it says nothing, a day at most."""
    text = (text or "").strip()
    if not text:
        return None
    if text.isdecimal():
        return min(_LONGEST_WAIT, timedelta(seconds=min(int(text[:9]), 10**6)))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(_LONGEST_WAIT, max(timedelta(0), moment - now))
