"""The courses that the overview shows: each drawn once for all who look, or before anybody does."""

import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from api.page.kept import Kept
from api.page.pictures import Course, course_of
from api.page.wording import PHRASES, Words
from api.report.report import report_of
from api.services import Services
from consistency.model import Window
from notifiers.alerts.alert import Alert

#: How far back one may look, by the names in the address.
RANGES = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "14d": timedelta(days=14),
}
#: How old charts may be of which nothing new is known: their bars and points stand for more than a minute each.
KEPT_SECONDS = 60.0
#: What is older than this is drawn anew before it is too old.
_DUE_SECONDS = 40.0
#: As many as are drawn before anybody asks for them.
_MOST_AHEAD = 48
#: How many of the open alerts the page shows.
SHOWN_ALERTS = 10


class View(NamedTuple):
    """One rule over one of the ranges."""

    rule: str
    back: str


def known_of(rule: str, checks: Sequence[Mapping[str, Any]], firing: Sequence[Alert]) -> Hashable:
    """Changes with every check of the rule and with what fires."""
    ended = [check["report"]["check_id"] for check in checks if check["rule"] == rule]
    return (*ended, *((alert.id, alert.state) for alert in firing))


class Courses:
    """A course is drawn anew when what is known of its rule is not what it was, and otherwise once a minute."""

    def __init__(self, services: Services) -> None:
        self._resources = services.resources
        self._settings = services.settings
        self._kept = Kept(KEPT_SECONDS)
        self._asked: dict[View, float] = {}

    def kept(self, view: View, known: Hashable, words: Words) -> Course | None:
        """The course for somebody who looks, where it was drawn before."""
        self._asked[view] = time.monotonic()
        found: Course | None = self._kept.peek((view, words), known)
        return found

    def course(self, view: View, known: Hashable, now: datetime, words: Words) -> Course:
        """The same, drawn at once where none is kept."""
        found: Course = self._kept.get((view, words), known, lambda: course_of(self._report(view, now), words))
        return found

    def draw(self, view: View, known: Hashable, now: datetime) -> None:
        """Draw it before anybody asks, in every language; who looks meanwhile need not wait."""
        report = self._report(view, now)
        for words in self._languages():
            self._kept.put((view, words), known, course_of(report, words))

    def due(self, known: Mapping[str, Hashable]) -> View | None:
        """What should be drawn next, by what is known of each rule: of all that is too old, what was asked for last."""
        return next((view for view in self._by_interest() if self._age(view, known[view.rule]) > _DUE_SECONDS), None)

    def _by_interest(self) -> list[View]:
        views = [View(rule.id, back) for back in RANGES for rule in self._settings.rules]
        return sorted(views, key=lambda view: -self._asked.get(view, 0.0))[:_MOST_AHEAD]

    def _age(self, view: View, known: Hashable) -> float:
        return max(self._kept.age((view, words), known) for words in self._languages())

    def _languages(self) -> Iterator[Words]:
        return (Words(language, ZoneInfo(self._settings.timezone)) for language in PHRASES)

    def _report(self, view: View, now: datetime) -> dict[str, Any]:
        return report_of(self._resources, Window(now - RANGES[view.back], now), view.rule, now)


async def _courses(request: Request) -> Courses:
    found: Courses = request.app.state.courses
    return found


UsesCourses = Annotated[Courses, Depends(_courses)]
