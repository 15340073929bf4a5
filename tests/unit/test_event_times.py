"""When an event happened, whatever the clock says of whoever tells it."""

from datetime import UTC, datetime, timedelta

import pytest

from consistency.event_times import MOST_AHEAD, happened_at
from consistency.events import event_time

CAME_IN = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

#: What an event says, and when it is taken to have happened.
MOMENTS = [
    ("0001-01-01T00:00:00.000Z", datetime(1, 1, 1, tzinfo=UTC)),
    ("2026-09-14T04:00:00.000Z", CAME_IN - timedelta(days=2)),
    (event_time(CAME_IN), CAME_IN),
    (event_time(CAME_IN + MOST_AHEAD), CAME_IN + MOST_AHEAD),
    (event_time(CAME_IN + MOST_AHEAD + MILLISECOND), CAME_IN),
    # A local time that was called UTC.
    ("2026-09-16T12:00:00.000Z", CAME_IN),
    ("9999-12-31T23:59:59.999Z", CAME_IN),
]


@pytest.mark.parametrize(("said", "taken"), MOMENTS, ids=[said for said, _ in MOMENTS])
def test_a_clock_is_believed_unless_it_is_far_ahead(said: str, taken: datetime) -> None:
    assert happened_at(said, CAME_IN) == taken
