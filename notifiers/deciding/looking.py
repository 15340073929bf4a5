"""How the alerts of a group stand: read behind the group's lock, with all that keeps them from being told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from consistency.ledger.alert_tables import alerts
from consistency.ledger.delivery_tables import group_members
from consistency.model import Level
from consistency.route_settings import RouteSettings
from consistency.settings import Settings
from notifiers.alerts.alert import LIVE, Alert, alert_of
from notifiers.alerts.kinds import CHANNEL_BROKEN
from notifiers.alerts.silences import live_silences
from notifiers.deciding.receivers import Receiver, who_hears_of
from notifiers.deciding.stand import Stand, escalated, stand_of
from notifiers.deciding.suppression import (
    FLAPPING,
    Surroundings,
    maintenance_at,
    maintenance_end,
    surroundings,
    why_muted,
)
from notifiers.deciding.told import Told
from notifiers.routing.hours import next_change
from notifiers.routing.routes import GONE, Traits, all_routes, gravity, local, routes_for
from notifiers.routing.timers import timers_of

#: What keeps something from being told may end unannounced, such as a silence that somebody ends early.
_LOOK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Look:
    """The members of a group at one moment; `muted` says in words of each by id why nobody is told."""

    settings: Settings
    now: datetime
    route: RouteSettings | None
    members: tuple[Alert, ...]
    muted: Mapping[str, str]
    around: Surroundings

    def stands(self, receiver: Receiver, told: Mapping[str, Told]) -> list[Stand]:
        """How they stand for one channel, which was `told` of some before."""
        return [self._stand(alert, receiver, told.get(alert.fingerprint)) for alert in self.members]

    def _stand(self, alert: Alert, receiver: Receiver, entry: Told | None) -> Stand:
        level = alert.level or Level.LOW
        if entry is not None and not alert.is_live:
            # An alert that has become mild before it ended does not wait for the digest, having been told as worse.
            level = max(level, entry.level, key=gravity)
        timers = timers_of(self.route or GONE, level, self.settings)
        after, meant = self._part(alert, receiver)
        hidden = not meant or self.muted[alert.id] not in {"", FLAPPING} or not self.is_taken(alert)
        stand = stand_of(alert, timers, muted=hidden, held=self._is_maintained(alert))
        return stand if after is None else escalated(stand, alert, after, self.now)

    def _part(self, alert: Alert, receiver: Receiver) -> tuple[timedelta | None, bool]:
        """After how long without an acknowledgement the channel is told that this alert fires, and if at all."""
        if alert.kind != CHANNEL_BROKEN or self.route is None:
            return receiver.after, not receiver.former
        broken = alert.labels.get("channel", "")
        if receiver.channel in who_hears_of(self.settings, self.route, broken):
            return None, True
        return receiver.after, receiver.after is not None and receiver.channel != broken

    def stand_ins(self) -> set[str]:
        """The channels that are told of broken ones."""
        broken = [alert.labels.get("channel", "") for alert in self.members if alert.kind == CHANNEL_BROKEN]
        found = [who_hears_of(self.settings, self.route, channel) for channel in broken if self.route]
        return set().union(*found)

    def is_taken(self, alert: Alert) -> bool:
        """Whether the alert takes this route at this hour."""
        at = local(self.settings, self.now)
        return self.route in routes_for(self.settings, Traits(alert.level, alert.rule_id, alert.service), at)

    def _is_maintained(self, alert: Alert) -> bool:
        return maintenance_at(self.settings, alert.service, alert.rule_id, self.now) is not None

    def next_look(self) -> datetime | None:
        """When something may be told that is kept back now."""
        zone = ZoneInfo(self.settings.timezone)
        moments: list[datetime | None] = []
        if any(words not in {"", FLAPPING} for words in self.muted.values()):
            moments += [self.now + _LOOK_AGAIN, *(silence.ends_at for silence in self.around.silences)]
        if any(self._is_maintained(alert) for alert in self.members):
            moments += [self.now + _LOOK_AGAIN]
            moments += [maintenance_end(window, self.now, zone) for window in self.settings.maintenance]
        if any(alert.is_live and not self.is_taken(alert) for alert in self.members):
            routes = [route for route in all_routes(self.settings) if route.days or route.hours]
            moments += [next_change(route.days, route.hours, self.now, zone) for route in routes]
        return min((moment for moment in moments if moment is not None and moment > self.now), default=None)


def look(connection: Connection, settings: Settings, key: str, route: RouteSettings | None, now: datetime) -> Look:
    """The group as it stands."""
    joined = group_members.join(alerts, alerts.c.id == group_members.c.alert_id)
    chosen = select(alerts).select_from(joined).where(group_members.c.group_key == key)
    members = tuple(alert_of(row) for row in connection.execute(chosen.order_by(alerts.c.fired_at, alerts.c.id)))
    silences = live_silences(connection, now)
    around = surroundings(settings, now, silences, _graver(connection, members))
    muted = {alert.id: _words(alert, around) for alert in members}
    return Look(settings, now, route, members, muted, around)


def _words(alert: Alert, around: Surroundings) -> str:
    if not (alert.is_live or alert.flapping):
        return ""
    return why_muted(alert, around) or (FLAPPING if alert.flapping else "")


def _graver(connection: Connection, members: Sequence[Alert]) -> list[Alert]:
    """The firing alerts of the same rules that may hide one of the members."""
    live = [alert for alert in members if alert.is_live]
    mildest = min((gravity(alert.level) for alert in live), default=gravity(Level.CRITICAL))
    levels = [level for level in Level if gravity(level) > mildest]
    if not levels:
        return []
    of_rules = alerts.c.rule_id.in_(sorted({alert.rule_id for alert in live}))
    chosen = select(alerts).where(of_rules, alerts.c.state.in_(sorted(LIVE)), alerts.c.level.in_(levels))
    return [alert_of(row) for row in connection.execute(chosen.order_by(alerts.c.id))]
