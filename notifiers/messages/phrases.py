"""What has to be said in every language."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from consistency.model import Level
from notifiers.messages.message import AlertFact, Mostly, NoticeFact, Onset, Repaired

#: More rules than these are counted, not named.
MOST_RULES = 3


class Phrases(Protocol):
    """One language. Texts that come in are ready to be shown; none of these adds markup or a line's end."""

    @property
    def levels(self) -> Mapping[Level, str]:
        """The word of each level."""

    @property
    def colon(self) -> str:
        """Between a name and what it names, with its space."""

    @property
    def listing(self) -> str:
        """Between the items of a list, with its space."""

    @property
    def names(self) -> Mapping[str, str]:
        """The names before facts and labels: rule, check, source, channel, window, since, top, command, link, ..."""

    @property
    def checks(self) -> Mapping[str, str]:
        """The word of each type of check."""

    @property
    def sources(self) -> Mapping[str, str]:
        """The word of each source of findings that is the product's own."""

    def about(self, service: str, rules: Sequence[str]) -> str:
        """Whose matter it is."""

    def titled(self, what: str, about: str) -> str:
        """A title of what has happened and whose matter it is."""

    def wrong(self, alert: AlertFact, zone: ZoneInfo) -> str:
        """What is wrong; moments in the zone."""

    def over(self, alert: AlertFact, zone: ZoneInfo) -> str:
        """That it is over, and what was wrong."""

    def fix(self, alert: AlertFact, zone: ZoneInfo) -> str:
        """What whoever found it says to do; may be empty."""

    def event(self, notice: NoticeFact) -> str:
        """What has happened; empty where only the event's own words say it."""

    def retold(self, notice: NoticeFact, zone: ZoneInfo) -> str:
        """What an event of the product itself says that has no such sentence; empty where its own words say it."""

    def cause(self, notice: NoticeFact) -> str:
        """Why it has happened; may be empty."""

    def beside(self, firing: int, resolved: int) -> str:
        """What is added to what is said of the gravest: so many more alerts that fire, and so many that are over."""

    def all_over(self, count: int) -> str:
        """That so many alerts, two or more, are over."""

    def more_events(self, count: int) -> str:
        """What is added to what is said of the gravest event: so many more."""

    def test(self, service: str) -> str:
        """The title of a test."""

    def reason(self, reason: str) -> str:
        """Why it is sent, where that is not plain; else empty."""

    def instead_of(self, channel: str) -> str:
        """That it should have come by another channel."""

    def numbers(self, alert: AlertFact) -> str:
        """What the sentence leaves out of the numbers; may be empty."""

    def span(self, start: str, end: str) -> str:
        """From one moment to another."""

    def mostly(self, mostly: Mostly) -> str:
        """For whom outputs are missing."""

    def onset(self, onset: Onset, at: str, until: str) -> str:
        """When the rate fell, and how far; `until` is empty while it is low."""

    def overdue(self, since: str, length: str, every: str) -> str:
        """Since when and for how long no whole check has ended, and how often one is due."""

    def lasting(self, since: str, length: str, seen: int) -> str:
        """Since when it goes on and how often it was seen."""

    def length(self, length: timedelta) -> str:
        """A length of time, in one unit."""

    def repaired(self, repaired: Repaired) -> str:
        """What a repair has done."""

    def state(self, alert: AlertFact) -> list[str]:
        """What else has to be known: acknowledged, stale, flapping, resolved by whom."""

    def more(self, count: int) -> str:
        """That so many are left out."""

    def more_alerts(self, count: int) -> str:
        """That so many alerts are left out, and where they all are."""

    def more_listed(self, count: int) -> str:
        """That so many are left out, and where all events are."""

    def template_failed(self, why: str) -> str:
        """That the user's own text could not be made."""
