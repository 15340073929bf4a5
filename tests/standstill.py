"""A machine that stands still for seconds, as shared ones do, uses up every deadline of the product and of the tests.

What fails in a test while that happens says nothing; such a test is run once more, with all that it needs made anew.
"""

import threading
import time
import warnings

import pytest
from _pytest.runner import runtestprotocol

#: A thread that only sleeps is never late by so many seconds on a machine that is merely busy.
LATE_SECONDS = 2.5
_EVERY_SECONDS = 0.2


class Watch:
    """Remembers when this process was last seen to stand still, as time.monotonic."""

    def __init__(self) -> None:
        self.stood_still_at = float("-inf")
        self._looked_at = time.monotonic()

    def look(self, now: float) -> None:
        """To be called all the time."""
        if now - self._looked_at > LATE_SECONDS:
            self.stood_still_at = now
        self._looked_at = now

    def keep_looking(self) -> None:
        """Never returns."""
        # Between the making of this and the first look a busy machine may have started pytest for long.
        self._looked_at = time.monotonic()
        while True:
            time.sleep(_EVERY_SECONDS)
            self.look(time.monotonic())


WATCH = Watch()


def pytest_configure() -> None:
    threading.Thread(target=WATCH.keep_looking, name="standstill", daemon=True).start()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """In place of pytest's own."""
    began, hook = time.monotonic(), item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports) and WATCH.stood_still_at >= began:
        item.session._setupstate.teardown_exact(None)
        item._initrequest()  # type: ignore[attr-defined]
        _tell(item)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _tell(item: pytest.Item) -> None:
    """A line of the summary; raised as a warning it would be an error, as all warnings of the tests are."""
    said = pytest.PytestWarning("the machine stood still; this test was run once more")
    found = warnings.WarningMessage(said, pytest.PytestWarning, str(item.path), item.location[1] or 0)
    told = {"warning_message": found, "when": "runtest", "nodeid": item.nodeid, "location": None}
    item.ihook.pytest_warning_recorded.call_historic(kwargs=told)
