"""How long the launcher waits before it starts a dead service again."""

import pytest

from cli.up.child import restart_pause

CASES = [
    # deaths in a row, seconds
    (1, 2),
    (2, 4),
    (3, 8),
    (4, 16),
    (5, 30),  # not 32
    (6, 30),
    (100_000, 30),  # no overflow after days
]


@pytest.mark.parametrize(("deaths", "seconds"), CASES)
def test_the_pause_doubles_up_to_half_a_minute(deaths: int, seconds: float) -> None:
    assert restart_pause(deaths) == seconds
