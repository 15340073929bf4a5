"""Whether channels, routes and rules fit together; each raises ValueError with one line that says what does not."""

from collections.abc import Collection, Mapping, Sequence

from consistency.channel_settings import ChannelSettings
from consistency.events import OWN_TYPES, EventType
from consistency.route_settings import DEFAULT_ROUTE, MaintenanceSettings, RouteSettings
from consistency.setting_sources import did_you_mean


def check_fallbacks(channels: Mapping[str, ChannelSettings]) -> None:
    """A fallback is another channel that exists."""
    for name, channel in channels.items():
        if channel.fallback == name:
            raise ValueError(f".{name}.fallback names the channel itself; name another one")
        if channel.fallback:
            _require_known(f".{name}.fallback", channel.fallback, "channel", channels)


def check_event_routes(routes: Sequence[RouteSettings], custom: Collection[str]) -> None:
    """The types of events that routes name are known; `custom` are those of the user."""
    known = [*map(str, EventType), *OWN_TYPES, *custom]
    for number, route in enumerate(routes):
        if route.events and route.id == DEFAULT_ROUTE:
            raise ValueError(f"[{number}].id is that of the route which takes what no other does; choose another id")
        for name in route.events:
            _require_known(f"[{number}].events", name, "event type", known)


def check_routes(
    routes: Sequence[RouteSettings], channels: Mapping[str, ChannelSettings], rules: Sequence[str]
) -> None:
    """Every name exists, no two routes have one id, and every route can be reached."""
    check_ids(routes)
    everything = ""
    for number, route in enumerate(routes):
        # Events look at the routes that name their type before all others.
        if everything and not route.events:
            raise ValueError(f"[{number}] can never be reached, because {everything} takes everything; move it up")
        for key, names in (("receivers", route.receivers), *(("escalate", step.to) for step in route.escalate)):
            for name in names:
                _require_known(f"[{number}].{key}", name, "channel", channels)
        for name in route.rules:
            _require_known(f"[{number}].rules", name, "rule", rules)
        everything = route.id if route.takes_everything else everything


def check_ids(tables: Sequence[RouteSettings] | Sequence[MaintenanceSettings]) -> None:
    """No two have one id."""
    ids = [table.id for table in tables]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise ValueError(f"uses the id {twice[0]} twice; give each its own")


def _require_known(where: str, name: str, noun: str, known: Collection[str]) -> None:
    if name not in known:
        hint = did_you_mean(name, known) or f"; known are {', '.join(known) or 'none'}"
        raise ValueError(f"{where} names the {noun} {name!r}, which there is not{hint}")
