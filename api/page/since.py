"""Since when outputs have been missing, and whether a repair has come since it was seen."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from api.page.pictures import Course
from consistency.model import parse_utc
from consistency.stretches import HOUR
from notifiers.alerts.alert import Alert
from notifiers.alerts.changes import What

Record = Mapping[str, Any]


def since(alert: Alert | None, changed: Mapping[str, datetime], course: Course | None) -> datetime | None:
    """When what the alert tells of began: when the rate fell, where that was seen, or when the alert began.

    `changed` tells when each change last happened to the alert: a fall that was over before does not count.
    `course` is that of the alert's rule.
    """
    if alert is None or alert.starts_at is None:
        return None
    over = changed.get(What.RESOLVED)
    falls = [fall for fall in _falls(alert, course) if over is None or fall > over]
    # A fall is known by its hour; within that the alert knows better.
    return min([alert.starts_at, *(fall for fall in falls if alert.starts_at - fall >= HOUR)])


def _falls(alert: Alert, course: Course | None) -> Iterator[datetime]:
    """When the rate fell, of falls that are not over."""
    onset = alert.details.get("onset")
    if onset and not onset.get("until"):
        yield parse_utc(onset["at"])
    if course and course.fell_at:
        yield course.fell_at


def mended_since(checks: Iterable[Record | None], repair: dict[str, Any] | None) -> datetime | None:
    """When a repair of the checks' rule ended, if one of them has not seen what that has changed."""
    ended = repair.get("finished_at") if repair else None
    if repair is None or ended is None or not repair["done"] or repair["is_taken_back"]:
        return None
    outdated = (each for each in checks if each is not None and each["rule"] == repair["rule"])
    return ended if any(ended > parse_utc(each["report"]["as_of"]) for each in outdated) else None
