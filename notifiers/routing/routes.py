"""Which routes an alert or event takes, and with what it shares a message."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from consistency.model import Level
from consistency.route_settings import RouteSettings, is_open
from consistency.settings import Settings

DEFAULT_ROUTE = "default"
#: The channel that there always is: the log.
DEFAULT_CHANNEL = "console"
#: Stands for a route that is no longer configured, on which nobody is told of anything new.
GONE = RouteSettings(id="gone", receivers=("none",))


def gravity(level: Level | None) -> int:
    """A number that grows with the level; what has none counts as mild."""
    return list(Level).index(level or Level.LOW)


def all_routes(settings: Settings) -> tuple[RouteSettings, ...]:
    """The configured routes; without any, one on which every channel is told of everything."""
    if settings.routes:
        return settings.routes
    return (RouteSettings(id=DEFAULT_ROUTE, receivers=tuple(settings.channels) or (DEFAULT_CHANNEL,)),)


def find_route(settings: Settings, route_id: str) -> RouteSettings | None:
    """The route of that id, if it is still configured."""
    return next((route for route in all_routes(settings) if route.id == route_id), None)


def routes_for(
    settings: Settings, level: Level | None, rule: str, service: str, local_time: datetime
) -> list[RouteSettings]:
    """The routes that are taken at that time on the configured zone's clock: the first that fits, and on from there."""
    found: list[RouteSettings] = []
    for route in _fitting(settings, level, rule, service):
        if is_open(route.days, route.hours, local_time):
            found.append(route)
            if not route.go_on:
                break
    return found


def possible_routes(settings: Settings, level: Level | None, rule: str, service: str) -> list[RouteSettings]:
    """The routes that are taken at some hour of some day."""
    found: list[RouteSettings] = []
    for route in _fitting(settings, level, rule, service):
        found.append(route)
        if not (route.go_on or route.days or route.hours):
            break
    return found


def _fitting(settings: Settings, level: Level | None, rule: str, service: str) -> Iterator[RouteSettings]:
    for route in all_routes(settings):
        grave_enough = gravity(level) >= gravity(route.min_level)
        if grave_enough and _names(route.rules, rule) and _names(route.services, service):
            yield route


def _names(names: tuple[str, ...], name: str) -> bool:
    return not names or name in names


def local(settings: Settings, moment: datetime) -> datetime:
    """A moment on the configured zone's clock."""
    return moment.astimezone(ZoneInfo(settings.timezone))


def group_labels(route: RouteSettings, service: str, rule: str, kind: str, labels: Mapping[str, str]) -> dict[str, str]:
    """What the alerts and events of one message have in common, by name."""
    known = {"service": service, "rule": rule, "kind": kind, "check": labels.get("check", "")}
    return {name: known[name] for name in route.group_by}


def group_key(route: RouteSettings, labels: Mapping[str, str]) -> str:
    """The same for everything that shares messages: 32 hexadecimal digits."""
    what = {"route": route.id, "labels": dict(labels)}
    canonical = json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()[:32]
