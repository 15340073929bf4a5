"""Who is told of a group: the receivers of its route, those that it escalates to, and those who were told before.

That a channel is broken is never told through itself, but always through another where there is one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.routing.routes import DEFAULT_CHANNEL

#: A newer message of a group makes an older one superfluous that a person has not got yet.
_SUPERSEDING = frozenset({"feishu", "lark", "dingtalk", "wecom", "slack", "email", "apprise"})
#: Read by people, who want events together; programs get each in a message of its own.
_FOR_PEOPLE = _SUPERSEDING | {"console", "pagerduty"}


@dataclass(frozen=True, slots=True)
class Receiver:
    """A channel; `after` is how long nobody has acknowledged when it is told, None for a receiver of the route."""

    channel: str
    after: timedelta | None = None
    #: It is told how what it was told before has ended, and that another channel is broken.
    former: bool = False
    one_by_one: bool = False
    supersedes: bool = False


def receivers_of(settings: Settings, route: RouteSettings | None, told: Collection[str]) -> list[Receiver]:
    """`told` are channels that were told of the group, or stand in; those that are not set up any more are left out."""
    after: dict[str, timedelta | None] = {}
    for step in sorted(route.escalate, key=lambda step: step.after) if route else ():
        for channel in step.to:
            after.setdefault(channel, step.after)
    after |= dict.fromkeys(route.receivers if route else ())
    found = [_receiver(settings, channel, wait) for channel, wait in after.items()]
    former = [channel for channel in told if channel not in after and _kind(settings, channel)]
    return found + [_receiver(settings, channel, None, former=True) for channel in sorted(former)]


def who_hears_of(settings: Settings, route: RouteSettings, channel: str) -> set[str]:
    """Who is told that a channel is broken: the other receivers and its fallback, or else all other channels."""
    fallback = settings.channels[channel].fallback if channel in settings.channels else ""
    return ({*route.receivers, fallback} - {channel, ""}) or set(settings.channels) - {channel}


def _receiver(settings: Settings, channel: str, after: timedelta | None, *, former: bool = False) -> Receiver:
    kind = _kind(settings, channel)
    return Receiver(channel, after, former, one_by_one=kind not in _FOR_PEOPLE, supersedes=kind in _SUPERSEDING)


def _kind(settings: Settings, channel: str) -> str:
    """Empty for a channel that is not set up."""
    if channel in settings.channels:
        return settings.channels[channel].kind
    return DEFAULT_CHANNEL if channel == DEFAULT_CHANNEL else ""
