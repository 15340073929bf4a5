"""Moments on the clock of a place: when given hours open and close, and when mild alerts are told."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from consistency.route_settings import Day, Hours, is_open

_DAYS_AHEAD = 9


def open_at(days: tuple[Day, ...], hours: Hours | None, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether a moment (aware) lies in the days and hours of a place."""
    return is_open(days, hours, moment.astimezone(zone))


def next_change(days: tuple[Day, ...], hours: Hours | None, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """When they open if they are closed, or close if they are open; None when that never happens."""
    now_open = open_at(days, hours, moment, zone)
    clocks = sorted({time(0), *(hours or ())})
    today = moment.astimezone(zone).date()
    for ahead in range(_DAYS_AHEAD):
        for clock in clocks:
            at = datetime.combine(today + timedelta(days=ahead), clock, zone).astimezone(UTC)
            if at > moment and open_at(days, hours, at, zone) is not now_open:
                return at
    return None


def next_clock(clock: time, moment: datetime, zone: ZoneInfo) -> datetime:
    """The first time from `moment` on that clocks there show `clock`."""
    today = moment.astimezone(zone).date()
    days = (datetime.combine(today + timedelta(days=ahead), clock, zone).astimezone(UTC) for ahead in range(3))
    return next(at for at in days if at >= moment)
