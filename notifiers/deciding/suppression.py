"""Why nobody is told of an alert although it fires: maintenance, a silence, or a graver one of its rule and kind.

It is looked at when a group is told, never when an alert comes in, so that nothing is forgotten when it ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from consistency.model import utc_text
from consistency.route_settings import MaintenanceSettings
from consistency.settings import Settings
from notifiers.alerts.alert import Alert
from notifiers.alerts.kinds import CHANNEL_BROKEN, CHECKER_SILENT
from notifiers.alerts.silences import Silence, silenced_by
from notifiers.messages.untold import untold_text
from notifiers.routing.hours import next_change, open_at
from notifiers.routing.routes import gravity

#: These say that the product itself does not see or speak; they neither hide nor explain what is wrong with the data.
ABOUT_US = frozenset({CHECKER_SILENT, CHANNEL_BROKEN})
FLAPPING = untold_text("flapping")
#: What an alert is about, whichever kind of check saw it: service, rule, kind, and the source of a finding.
Matter = tuple[str, str, str, str]


@dataclass(frozen=True)
class Surroundings:
    """What keeps alerts from being told at `now`: `graver` holds the gravest alert of each matter."""

    settings: Settings
    now: datetime
    silences: Sequence[Silence]
    graver: dict[Matter, Alert]


def surroundings(settings: Settings, now: datetime, silences: Sequence[Silence], live: Iterable[Alert]) -> Surroundings:
    """`live` are the firing alerts that may hide others; one that is not told itself hides nothing."""
    graver: dict[Matter, Alert] = {}
    for alert in live:
        of = _matter(alert)
        worse = of not in graver or gravity(alert.level) > gravity(graver[of].level)
        if worse and _hides(alert, settings, silences, now):
            graver[of] = alert
    return Surroundings(settings, now, silences, graver)


def _matter(alert: Alert) -> Matter:
    # A slow statement explains no missing output, however grave it is, and the other way round.
    return alert.service, alert.rule_id, alert.kind, alert.labels.get("source", "")


def _hides(alert: Alert, settings: Settings, silences: Sequence[Silence], now: datetime) -> bool:
    if not alert.is_live or alert.flapping or alert.kind in ABOUT_US:
        return False
    maintained = maintenance_at(settings, alert.service, alert.rule_id, now)
    return maintained is None and silenced_by(alert, silences, now) is None


def why_muted(alert: Alert, around: Surroundings) -> str:
    """The reason in words; empty when people are told."""
    window = maintenance_at(around.settings, alert.service, alert.rule_id, around.now)
    if window is not None:
        return untold_text("maintenance", window=window.id)
    if silence := silenced_by(alert, around.silences, around.now):
        until = utc_text(silence.ends_at)
        return untold_text("silence", by=silence.author, until=until, reason=silence.reason)
    source = around.graver.get(_matter(alert))
    if source and alert.kind not in ABOUT_US and gravity(source.level) > gravity(alert.level):
        return untold_text("graver_alert", level=str(source.level), alert=source.id[:8])
    return ""


def maintenance_at(settings: Settings, service: str, rule: str, now: datetime) -> MaintenanceSettings | None:
    """The maintenance in which nobody is told of that service and rule."""
    zone = ZoneInfo(settings.timezone)
    return next((each for each in settings.maintenance if _covers(each, service, rule, now, zone)), None)


def _covers(window: MaintenanceSettings, service: str, rule: str, now: datetime, zone: ZoneInfo) -> bool:
    if (window.rules and rule not in window.rules) or (window.services and service not in window.services):
        return False
    if window.start is not None and window.end is not None and not window.start <= now < window.end:
        return False
    return open_at(window.days, window.hours, now, zone)


def maintenance_end(window: MaintenanceSettings, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When a maintenance that goes on is over; None when it never is."""
    ends = (window.end, next_change(window.days, window.hours, now, zone))
    return min((end for end in ends if end is not None), default=None)
