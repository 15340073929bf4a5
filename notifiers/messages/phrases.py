"""What has to be said in every language."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from consistency.model import Level
from notifiers.messages.message import AlertFact, Repaired


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

    def about(self, service: str, rule: str) -> str:
        """Whose matter it is."""

    def titled(self, what: str, about: str) -> str:
        """A title of what has happened and whose matter it is."""

    def kind(self, alert: AlertFact) -> str:
        """What kind of trouble an alert is, as a noun."""

    def sentence(self, alert: AlertFact) -> str:
        """What is wrong, from the alert's own numbers; empty if they do not say."""

    def resolved(self, what: str) -> str:
        """That it is over."""

    def counts(self, firing: int, resolved: int) -> str:
        """How many alerts there are, and how many of them are over."""

    def events(self, count: int) -> str:
        """How many events there are."""

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

    def lasting(self, since: str, length: str, seen: int) -> str:
        """Since when it goes on and how often it was seen."""

    def length(self, length: timedelta) -> str:
        """A length of time, in one unit."""

    def repaired(self, repaired: Repaired) -> str:
        """What a repair has done, and how it is undone."""

    def state(self, alert: AlertFact) -> list[str]:
        """What else has to be known: acknowledged, stale, flapping, resolved by whom."""

    def more(self, count: int) -> str:
        """That so many are left out."""

    def template_failed(self, why: str) -> str:
        """That the user's own text could not be made."""
