"""Draws the charts of the overview before somebody looks: after each check, and before they are too old."""

import threading
import time
from collections.abc import Hashable
from datetime import datetime

import structlog

from api.page.courses import SHOWN_ALERTS, Courses, View, known_of
from api.services import PATIENCE_SECONDS, Services
from api.views.overview import latest_checks
from consistency.database import database_now, transaction
from consistency.errors import ReconcileryError
from notifiers.alerts.alert import LIVE
from notifiers.alerts.handling import find_alerts

#: A process that has just begun has more urgent things to do.
_FIRST_SECONDS = 10.0
_PAUSE_SECONDS = 2.0
#: It rests so many times as long as it worked, so that it never takes more than a twentieth of a processor.
_REST = 19.0

log = structlog.get_logger(__name__)


class Ahead:
    """A thread of its own, for as long as the services are not stopping; `first` and `pause` are in seconds."""

    def __init__(
        self, services: Services, courses: Courses, first: float = _FIRST_SECONDS, pause: float = _PAUSE_SECONDS
    ) -> None:
        self._services = services
        self._courses = courses
        self._first, self._pause = first, pause
        self._failed = ""
        self._thread = threading.Thread(target=self._keep_drawing, name="drawing ahead", daemon=True)

    def start(self) -> None:
        """Begin; what cannot be drawn is left to those who look."""
        self._thread.start()

    def close(self) -> None:
        """End, and wait for what is being drawn, as long as a database may take to answer."""
        self._services.stopping.set()
        self._thread.join(PATIENCE_SECONDS)

    def _keep_drawing(self) -> None:
        rest = self._first
        while not self._services.stopping.wait(rest):
            began = time.monotonic()
            self._try_to_draw()
            rest = max(self._pause, _REST * (time.monotonic() - began))

    def _try_to_draw(self) -> None:
        try:
            draw_next(self._services, self._courses)
            self._failed = ""
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread lives on, and pages draw for themselves
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Once, until something else or nothing is wrong; with its traceback where nobody expected it."""
        reason = str(error) or type(error).__name__
        if reason != self._failed:
            log.warning("charts.not_drawn_ahead", reason=reason, exc_info=not isinstance(error, ReconcileryError))
        self._failed = reason


def draw_next(services: Services, courses: Courses) -> View | None:
    """Draw what is most wanted of that which is missing or old; None when nothing is. DatabaseError passes."""
    known, now = known_now(services)
    view = courses.due(known)
    if view is not None:
        courses.draw(view, known[view.rule], now)
    return view


def known_now(services: Services) -> tuple[dict[str, Hashable], datetime]:
    """What is known of each rule, as the page has it, and what time the ledger has."""
    with transaction(services.resources.store.execution_options(readonly=True)) as connection:
        now = database_now(connection)
        checks = latest_checks(connection, services.settings, now)
        firing = find_alerts(connection, LIVE, limit=SHOWN_ALERTS)
    return {rule.id: known_of(rule.id, checks, firing) for rule in services.settings.rules}, now
