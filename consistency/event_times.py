"""When an event happened, as far as the clock of whoever tells it can be believed."""

from datetime import datetime, timedelta

from consistency.model import parse_utc

#: Clocks that are kept right differ by less.
MOST_AHEAD = timedelta(minutes=5)


def happened_at(timestamp: str, received_at: datetime) -> datetime:
    """The moment that the event names; that of its coming in where it names one further ahead than clocks differ.

    Nothing is refused for a wrong clock, but it must not put its events before all others until that time has come.
    """
    named = parse_utc(timestamp)
    return named if named - received_at <= MOST_AHEAD else received_at
