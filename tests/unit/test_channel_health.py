"""When a broken channel is asked again, and how a channel stands at a moment."""

from datetime import UTC, datetime, timedelta

import pytest

from notifiers.deliveries.breakers import ChannelState, Standing, probe_wait

NOW = datetime(2026, 9, 16, 12, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)

STANDINGS: list[tuple[ChannelState, Standing]] = [
    (ChannelState(), Standing.FREE),
    (ChannelState(failures=4), Standing.FREE),
    # The provider asked to be left alone; the last moment of that is over.
    (ChannelState(paused_until=AFTER), Standing.PAUSED),
    (ChannelState(paused_until=NOW), Standing.FREE),
    (ChannelState(paused_until=BEFORE), Standing.FREE),
    (ChannelState(broken_since=BEFORE, paused_until=AFTER), Standing.BROKEN),
    (ChannelState(broken_since=BEFORE, paused_until=NOW), Standing.PROBE),
    (ChannelState(broken_since=BEFORE), Standing.PROBE),
]


@pytest.mark.parametrize(("state", "standing"), STANDINGS)
def test_how_a_channel_stands(state: ChannelState, standing: Standing) -> None:
    assert state.standing(NOW) is standing


def test_probes_come_less_and_less_often_up_to_a_quarter_of_an_hour() -> None:
    assert [probe_wait(failed) // timedelta(minutes=1) for failed in (0, 1, 2, 3, 4, 5, 10_000)] == [
        *(1, 2, 4, 8, 15, 15, 15)
    ]
