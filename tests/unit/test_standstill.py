"""What failed while the machine stood still is run once more, and nothing else is."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.standstill import LATE_SECONDS, Watch

ROOT = Path(__file__).parent.parent.parent
#: The fixture is one for all, and as wrong as what was made while the machine stood still.
PROGRAM = """
    import time
    from itertools import count
    import pytest
    from tests.standstill import WATCH

    # The machine under this program may stand still indeed; here only the test says whether it does.
    WATCH.look = lambda now: None
    made = count(1)

    @pytest.fixture(scope="session")
    def turn():
        return next(made)

    def test_fails(turn):
        if STANDS_STILL:
            WATCH.stood_still_at = time.monotonic()
        assert turn == GOOD_TURN
"""


@pytest.mark.parametrize(("gap", "late"), [(0.2, False), (LATE_SECONDS, False), (LATE_SECONDS + 0.1, True)])
def test_a_thread_that_wakes_late_has_stood_still(*, gap: float, late: bool) -> None:
    watch = Watch()
    watch.look(1000.0)
    watch.stood_still_at = 0.0
    watch.look(1000.0 + gap)
    assert (watch.stood_still_at == 1000.0 + gap) is late


@pytest.mark.parametrize(
    ("stands_still", "good_turn", "outcome"),
    [(True, 2, "1 passed"), (True, 3, "1 failed"), (False, 2, "1 failed"), (False, 1, "1 passed")],
)
def test_only_what_failed_meanwhile_is_run_once_more(
    tmp_path: Path, *, stands_still: bool, good_turn: int, outcome: str
) -> None:
    program = PROGRAM.replace("STANDS_STILL", str(stands_still)).replace("GOOD_TURN", str(good_turn))
    (tmp_path / "test_program.py").write_text(textwrap.dedent(program))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "tests.standstill",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False
    )
    assert outcome in ended.stdout.splitlines()[-1]
    assert ("the machine stood still; this test was run once more" in ended.stdout) is stands_still
