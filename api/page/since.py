"""Since when the trouble of the banner lasts, and whether a repair has come since it was seen."""

from datetime import datetime
from typing import Any

from api.page.banner import Banner
from api.page.pictures import Course
from consistency.model import parse_utc
from notifiers.alerts.alert import Alert


def since(banner: Banner, rule: str, alert: Alert | None, course: Course | None) -> datetime | None:
    """When the trouble of the banner began: when the rate fell, where that was seen, or when the alert began."""
    if alert is None or alert.starts_at is None or banner.check is None:
        return None
    onset = alert.details.get("onset")
    begun = [alert.starts_at, *([parse_utc(onset["at"])] if onset else [])]
    if course and course.fell_at and banner.check["rule"] == rule:
        begun.append(course.fell_at)
    return min(begun)


def mended_since(banner: Banner, repair: dict[str, Any] | None) -> datetime | None:
    """When a repair of the banner's rule ended, if its check has not seen what that has changed."""
    ended = repair.get("finished_at") if repair else None
    if repair is None or ended is None or banner.check is None or repair["rule"] != banner.check["rule"]:
        return None
    seen_at = parse_utc(banner.check["report"]["as_of"])
    return ended if repair["done"] and ended > seen_at else None
