"""What is said of one alert or one event: a heading and lines of facts, in a language and a markup."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from consistency.one_line import one_line
from notifiers.messages.event_facts import exceeded, window, word
from notifiers.messages.markup import Markup
from notifiers.messages.message import AlertFact, Message, NoticeFact
from notifiers.messages.moments import ends_text, local_text
from notifiers.messages.phrases import Phrases

_LONGEST_KEY = 80
_LONGEST_LINK = 1000
_LONGEST_COMMAND = 500
_MOST_KEYS = 5
_MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class Speech:
    """The language, zone and markup of one text."""

    phrases: Phrases
    zone: ZoneInfo
    markup: Markup

    def headline(self, alert: AlertFact) -> str:
        """What is wrong, or that it is over, without markup."""
        if alert.state == "resolved":
            return one_line(self.phrases.over(alert))
        return f"{self.phrases.levels[alert.level]}{self.phrases.colon}{one_line(self.phrases.wrong(alert))}"

    def happened(self, notice: NoticeFact) -> str:
        """What has happened, in our words where we have some, without markup."""
        return one_line(self.phrases.event(notice) or notice.message)

    def alert(self, alert: AlertFact, message: Message, *, headed: bool) -> str:
        """Everything about one alert."""
        heading = [self.markup.bold(self.markup.escape(self.headline(alert)))] if headed else []
        facts = [f"{self._name(name)}{self.markup.escape(value)}" for name, value in self._facts(alert, message)]
        links = [self._link(alert.link)] if alert.link else []
        return self.markup.newline.join([*heading, *facts, *links])

    def notice(self, notice: NoticeFact, message: Message, *, headed: bool) -> str:
        """Everything about one event."""
        said = [self.markup.bold(self.markup.escape(self.happened(notice)))] if headed else []
        facts = [f"{self._name(name)}{self.markup.escape(value)}" for name, value in self._of_event(notice, message)]
        return self.markup.newline.join([*said, *facts])

    def _name(self, name: str) -> str:
        shown = self.phrases.names.get(name) or one_line(name.replace("_", " "), _LONGEST_KEY)
        return f"{self.markup.escape(shown)}{self.phrases.colon}"

    def _link(self, url: str) -> str:
        return self.markup.link(self.phrases.names["link"], one_line(url, _LONGEST_LINK))

    def _facts(self, alert: AlertFact, message: Message) -> Iterator[tuple[str, str]]:
        if alert.rule != message.rule:
            yield "rule", one_line(alert.rule)
        yield from self._labels(alert)
        if numbers := self.phrases.numbers(alert):
            yield "outputs" if alert.kind == "missing_outputs" else "numbers", one_line(numbers)
        if alert.window:
            yield "window", self.phrases.span(*ends_text(*alert.window, self.zone))
        yield self._duration(alert, message)
        yield from self._of_us(alert)
        if alert.onset and alert.state == "firing":
            until = local_text(alert.onset.until, self.zone) if alert.onset.until else ""
            yield "onset", self.phrases.onset(alert.onset, local_text(alert.onset.at, self.zone), until)
        if alert.top:
            yield "top", self._top(alert)
        if alert.repaired:
            yield "repair", one_line(self.phrases.repaired(alert.repaired))
        if state := self.phrases.state(alert):
            yield "state", one_line(self.phrases.listing.join(state))
        if (alert.fix or alert.command) and alert.state == "firing":
            # What is to be done names the command as well.
            yield "command", one_line(alert.fix or alert.command, _LONGEST_COMMAND)

    def _labels(self, alert: AlertFact) -> Iterator[tuple[str, str]]:
        for name, value in list(alert.labels.items())[:_MOST_LABELS]:
            yield name, one_line(self.phrases.checks.get(value, value) if name == "check" else value, _LONGEST_KEY)

    def _of_us(self, alert: AlertFact) -> Iterator[tuple[str, str]]:
        """What is known of a check or a channel that is in trouble itself."""
        if alert.state == "resolved":
            return
        if alert.silent_since and alert.due_every:
            since = local_text(alert.silent_since, self.zone)
            yield "silent", self.phrases.due(since, self.phrases.length(alert.due_every))
        if alert.trouble:
            yield "trouble", one_line(alert.trouble)

    def _of_event(self, notice: NoticeFact, message: Message) -> Iterator[tuple[str, str]]:
        if notice.rule and notice.rule != message.rule:
            yield "rule", one_line(notice.rule)
        if self.phrases.event(notice):
            yield from self._of_our_event(notice)
        yield "at", local_text(notice.at, self.zone)

    def _of_our_event(self, notice: NoticeFact) -> Iterator[tuple[str, str]]:
        if limit := exceeded(notice):
            yield "exceeded", one_line(limit)
        if reason := word(notice, "reason"):
            yield "reason", one_line(reason)
        if ends := window(notice):
            yield "window", self.phrases.span(*ends_text(*ends, self.zone))
        for name in ("command", "undo"):
            if command := word(notice, name):
                yield name, one_line(command, _LONGEST_COMMAND)

    def _duration(self, alert: AlertFact, message: Message) -> tuple[str, str]:
        if alert.until:
            ends = self.phrases.span(*ends_text(alert.since, alert.until, self.zone))
            return "lasted", f"{self.phrases.length(alert.until - alert.since)}{self.phrases.listing}{ends}"
        length = self.phrases.length(message.at - alert.since)
        return "since", self.phrases.lasting(local_text(alert.since, self.zone), length, alert.seen)

    def _top(self, alert: AlertFact) -> str:
        keys = [one_line(key, _LONGEST_KEY) for key in alert.top[:_MOST_KEYS]]
        missing = alert.numbers.get("missing", len(keys))
        more = [self.phrases.more(int(missing) - len(keys))] if missing > len(keys) else []
        return self.phrases.listing.join([*keys, *more])
