"""Which routes an alert or event takes, and with what it shares a message."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from consistency.model import Level
from consistency.route_settings import DEFAULT_ROUTE, RouteSettings, is_open
from consistency.settings import Settings

#: The channel that there always is: the log.
DEFAULT_CHANNEL = "console"
#: Stands for a route that is no longer configured, on which nobody is told of anything new.
GONE = RouteSettings(id="gone", receivers=("none",))


def gravity(level: Level | None) -> int:
    """A number that grows with the level; what has none counts as mild."""
    return list(Level).index(level or Level.LOW)


def all_routes(settings: Settings) -> tuple[RouteSettings, ...]:
    """The configured routes; where all are for events alone, also one on which every channel is told of the rest."""
    if any(not route.events for route in settings.routes):
        return settings.routes
    rest = RouteSettings(id=DEFAULT_ROUTE, receivers=tuple(settings.channels) or (DEFAULT_CHANNEL,))
    return (*settings.routes, rest)


def find_route(settings: Settings, route_id: str) -> RouteSettings | None:
    """The route of that id, if it is still configured."""
    return next((route for route in all_routes(settings) if route.id == route_id), None)


@dataclass(frozen=True, slots=True)
class Traits:
    """What the way of an alert or event depends on.

    `event_type` is empty for an alert. A `mild` event takes only routes that name its type.
    """

    level: Level | None
    rule: str
    service: str
    event_type: str = ""
    mild: bool = False


def routes_for(settings: Settings, traits: Traits, local_time: datetime) -> list[RouteSettings]:
    """The routes that are taken at that time on the configured zone's clock: the first that fits, and on from there."""
    found: list[RouteSettings] = []
    for route in _fitting(settings, traits):
        if is_open(route.days, route.hours, local_time):
            found.append(route)
            if not route.go_on:
                break
    return found


def possible_routes(settings: Settings, traits: Traits) -> list[RouteSettings]:
    """The routes that are taken at some hour of some day."""
    found: list[RouteSettings] = []
    for route in _fitting(settings, traits):
        found.append(route)
        if not (route.go_on or route.days or route.hours):
            break
    return found


def _fitting(settings: Settings, traits: Traits) -> Iterator[RouteSettings]:
    """Routes that name the event's type come before the others; alerts take none of those that name events."""
    routes = all_routes(settings)
    named = [route for route in routes if traits.event_type in route.events]
    others = [route for route in routes if not route.events and not traits.mild]
    for route in (*named, *others):
        grave_enough = gravity(traits.level) >= gravity(route.min_level)
        if grave_enough and _names(route.rules, traits.rule) and _names(route.services, traits.service):
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
