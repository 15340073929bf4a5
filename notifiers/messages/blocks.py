"""What is said of one alert or one event: a heading and lines of facts, in a language and a markup."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from consistency.model import Level
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
#: As much of an alert's id as people type.
_SHORT_ID = 8
#: Facts that are to be typed.
_COMMANDS = {"command", "take_on", "undo"}
#: What people follow, so that nobody else may write it.
_LEADING = _COMMANDS | {"fix", "link"}
#: Of so many events at most it is told what their senders wrote beside the message, and so much of each.
_MOST_DETAILED = 3
_MOST_DETAILS = 6
#: Labels that the heading names, by kind and state.
_IN_HEADING = {
    ("missing_outputs", "resolved"): "check",
    ("checker_silent", "firing"): "check",
    ("checker_silent", "resolved"): "check",
    ("channel_broken", "firing"): "channel",
    ("channel_broken", "resolved"): "channel",
    ("service_silent", "firing"): "service",
    ("service_silent", "resolved"): "service",
}

Facts = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Speech:
    """The language, zone and markup of one text."""

    phrases: Phrases
    zone: ZoneInfo
    markup: Markup

    def headline(self, alert: AlertFact) -> str:
        """What is wrong, or that it is over, without markup."""
        if alert.state == "resolved":
            return one_line(self.phrases.over(alert, self.zone))
        return f"{self.phrases.levels[alert.level]}{self.phrases.colon}{one_line(self.phrases.wrong(alert, self.zone))}"

    def happened(self, notice: NoticeFact) -> str:
        """What has happened, in our words where we have some, without markup."""
        return one_line(self.phrases.event(notice) or self.phrases.retold(notice, self.zone) or notice.message)

    def alert(self, alert: AlertFact, message: Message, *, headed: bool) -> str:
        """Everything about one alert."""
        facts = (
            self._of_what_fires(alert, message) if alert.state == "firing" else self._of_what_is_over(alert, message)
        )
        links = [self._link(alert.link)] if alert.link else []
        return self.markup.newline.join(
            [*self._heading(self.headline(alert), headed=headed), *self._lines(facts), *links]
        )

    def alert_in_short(self, alert: AlertFact, message: Message) -> str:
        """What tells one alert from the others, for one of many."""
        heading = self._heading(self.headline(alert), headed=True)
        return self.markup.newline.join([*heading, *self._lines(self._which(alert, message))])

    def notice(self, notice: NoticeFact, message: Message, *, headed: bool) -> str:
        """Everything about one event."""
        heading = self._heading(self.happened(notice), headed=headed)
        return self.markup.newline.join([*heading, *self._lines(self._of_event(notice, message))])

    def _heading(self, text: str, *, headed: bool) -> list[str]:
        return [self.markup.bold(self.markup.escape(text))] if headed else []

    def _lines(self, facts: Facts) -> Iterator[str]:
        for name, value in facts:
            shown = self.phrases.names.get(name) or one_line(name.replace("_", " "), _LONGEST_KEY)
            written = self.markup.code if self.markup.code and name in _COMMANDS else self.markup.escape
            yield f"{self.markup.faint(self.markup.escape(shown) + self.phrases.colon)}{written(value)}"

    def _link(self, url: str) -> str:
        return self.markup.link(self.phrases.names["link"], one_line(url, _LONGEST_LINK))

    def _of_what_fires(self, alert: AlertFact, message: Message) -> Facts:
        yield from self._which(alert, message)
        yield from self._how_bad(alert)
        yield "since", self._since(alert, message)
        if alert.onset:
            until = local_text(alert.onset.until, self.zone) if alert.onset.until else ""
            yield "onset", self.phrases.onset(alert.onset, local_text(alert.onset.at, self.zone), until)
        if alert.top:
            yield "top", self._top(alert)
        if alert.trouble:
            yield "trouble", one_line(alert.trouble)
        yield from self._repair(alert)
        yield from self._state(alert, message)
        if fix := self.phrases.fix(alert, self.zone):
            # It names the command as well.
            yield "fix", one_line(fix, _LONGEST_COMMAND)
        elif alert.command:
            yield "command", one_line(alert.command, _LONGEST_COMMAND)
        if not alert.acked_by and alert.level is not Level.LOW:
            yield "take_on", f"reconcilery alerts ack {alert.id[:_SHORT_ID]}"

    def _of_what_is_over(self, alert: AlertFact, message: Message) -> Facts:
        yield from self._which(alert, message)
        if numbers := self.phrases.numbers(alert):
            yield _numbers_name(alert), one_line(numbers)
        if alert.until:
            ends = self.phrases.span(*ends_text(alert.since, alert.until, self.zone))
            yield "lasted", f"{self.phrases.length(alert.until - alert.since)}{self.phrases.listing}{ends}"
        yield from self._repair(alert)
        yield from self._state(alert, message)

    def _which(self, alert: AlertFact, message: Message) -> Facts:
        if alert.rule != message.rule:
            yield "rule", one_line(alert.rule)
        words = {"check": self.phrases.checks, "source": self.phrases.sources}
        for name, value in list(alert.labels.items())[:_MOST_LABELS]:
            if name != _IN_HEADING.get((alert.kind, alert.state)):
                yield name, one_line(words.get(name, {}).get(value, value), _LONGEST_KEY)

    def _how_bad(self, alert: AlertFact) -> Facts:
        if numbers := self.phrases.numbers(alert):
            yield _numbers_name(alert), one_line(numbers)
        if alert.window:
            yield "window", self.phrases.span(*ends_text(*alert.window, self.zone))
        if alert.mostly:
            yield "mostly", one_line(self.phrases.mostly(alert.mostly))

    def _since(self, alert: AlertFact, message: Message) -> str:
        since = alert.silent_since or alert.since
        at, length = local_text(since, self.zone), self.phrases.length(message.at - since)
        if alert.due_every:
            return self.phrases.overdue(at, length, self.phrases.length(alert.due_every))
        return self.phrases.lasting(at, length, alert.seen)

    def _repair(self, alert: AlertFact) -> Facts:
        if alert.repaired:
            yield "repair", one_line(self.phrases.repaired(alert.repaired))
            yield "undo", f"reconcilery repair rollback {one_line(alert.repaired.run_id, _LONGEST_KEY)}"

    def _state(self, alert: AlertFact, message: Message) -> Facts:
        # That is the reason of the message then, and said already.
        known = alert.model_copy(update={"flapping": False}) if message.reason == "flapping" else alert
        if state := self.phrases.state(known):
            yield "state", one_line(self.phrases.listing.join(state))

    def _top(self, alert: AlertFact) -> str:
        keys = [one_line(key, _LONGEST_KEY) for key in alert.top[:_MOST_KEYS]]
        missing = alert.numbers.get("missing", len(keys))
        more = [self.phrases.more(int(missing) - len(keys))] if missing > len(keys) else []
        return self.phrases.listing.join([*keys, *more])

    def _of_event(self, notice: NoticeFact, message: Message) -> Facts:
        if notice.rule and notice.rule != message.rule:
            yield "rule", one_line(notice.rule)
        if self.phrases.event(notice):
            yield from self._of_our_event(notice)
        elif len(message.notices) <= _MOST_DETAILED and not self.phrases.retold(notice, self.zone):
            yield from self._of_their_event(notice)
        yield "at", local_text(notice.at, self.zone)

    def _of_their_event(self, notice: NoticeFact) -> Facts:
        """What its sender wrote beside the message, but nothing that would look like a command of ours."""
        told = [(name, value) for table in (notice.details, notice.metrics) for name, value in table.items()]
        plain = [(name, value) for name, value in told if isinstance(value, str | int | float) and value != ""]
        for name, value in [pair for pair in plain if pair[0] not in _LEADING][:_MOST_DETAILS]:
            yield name, one_line(value)

    def _of_our_event(self, notice: NoticeFact) -> Facts:
        if limit := exceeded(notice):
            yield "exceeded", one_line(limit)
        if cause := self.phrases.cause(notice):
            yield "reason", one_line(cause)
        if ends := window(notice):
            yield "window", self.phrases.span(*ends_text(*ends, self.zone))
        commands = [(name, word(notice, name)) for name in ("command", "undo") if word(notice, name)]
        if not commands and word(notice, "run_id"):
            yield "run", one_line(word(notice, "run_id"), _LONGEST_KEY)
        for name, command in commands:
            yield name, one_line(command, _LONGEST_COMMAND)


def _numbers_name(alert: AlertFact) -> str:
    return "outputs" if alert.kind == "missing_outputs" else "numbers"
