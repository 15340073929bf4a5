"""Messages in words: in the language, the zone and the markup of whoever reads them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from consistency.model import Level
from consistency.one_line import one_line
from notifiers.messages.blocks import Speech
from notifiers.messages.chinese import Chinese
from notifiers.messages.english import English
from notifiers.messages.fitting import BLANK, cut, cut_lines, fit, size
from notifiers.messages.markup import PLAIN, Markup
from notifiers.messages.message import AlertFact, Message, NoticeFact
from notifiers.messages.moments import local_text
from notifiers.messages.phrases import Phrases
from notifiers.messages.tone import MARKS, graver_first, tone_of

if TYPE_CHECKING:
    from notifiers.messages.templates import Template

#: More alerts and events than these nobody reads in a message.
MOST_TOLD = 10
#: Of more alerts than these only the gravest are told with everything that is known.
MOST_WHOLE = 3
LONGEST_TITLE = 200
_LANGUAGES: Mapping[str, Phrases] = {"en": English(), "zh": Chinese()}


class Wording:
    """How one channel words messages; safe for threads. `template` is the user's own text, or empty."""

    def __init__(self, language: str, zone: ZoneInfo, template: str = "") -> None:
        self.phrases = _LANGUAGES[language]
        self.zone = zone
        self.template = template
        self._templates: dict[str, Template] = {}

    def title(self, message: Message) -> str:
        """One line of at most 200 characters, without markup."""
        about = self.phrases.about(message.service, _rules(message))
        room = max(LONGEST_TITLE // 2, LONGEST_TITLE - len(self.phrases.titled("", about)))
        if message.reason == "test":
            return one_line(self.phrases.test(message.service), LONGEST_TITLE)
        return one_line(self.phrases.titled(one_line(self._what(message), room), about), LONGEST_TITLE)

    def headline(self, alert: AlertFact) -> str:
        """What is said of one alert in one line, without markup."""
        return Speech(self.phrases, self.zone, PLAIN).headline(alert)

    def happened(self, notice: NoticeFact) -> str:
        """The same of one event."""
        return Speech(self.phrases, self.zone, PLAIN).happened(notice)

    def parts(self, message: Message, limit: int, markup: Markup = PLAIN) -> tuple[str, ...]:
        """What stands below the title, an alert a part: all of it, joined by blank lines, in `limit` bytes of UTF-8."""
        own, trouble = self._own(message, limit, markup)
        return own or self._usual(message, limit, markup, trouble)

    def text(self, message: Message, limit: int, markup: Markup = PLAIN) -> str:
        """Title and parts as one text of at most `limit` bytes of UTF-8; with a template what it says, alone."""
        own, trouble = self._own(message, limit, markup)
        if own:
            return BLANK.join(own)
        mark = f"{MARKS[tone_of(message)]} " if markup.marked else ""
        title = mark + markup.bold(markup.escape(self.title(message)))
        room = limit - size(title) - len(BLANK)
        return cut(BLANK.join((title, *self._usual(message, max(room, 0), markup, trouble))), limit)

    def _what(self, message: Message) -> str:
        """The gravest in one line, and how many more there are."""
        firing, resolved = message.firing, message.resolved
        if firing:
            beside = self.phrases.beside(len(firing) - 1, len(resolved))
            return self.headline(_gravest_first(firing)[0]) + beside
        if len(resolved) > 1:
            return self.phrases.all_over(len(resolved))
        return self.headline(resolved[0]) if resolved else self._what_happened(message)

    def _what_happened(self, message: Message) -> str:
        notices = sorted(message.notices, key=lambda notice: graver_first(notice.level))
        if not notices:
            return self.phrases.reason(message.reason) or message.reason
        said = self.happened(notices[0])
        others = len(notices) - 1 + message.left_out
        more = self.phrases.more_events(others) if others else ""
        level = notices[0].level
        grave = f"{self.phrases.levels[level]}{self.phrases.colon}" if level is not Level.LOW else ""
        return f"{grave}{said}{more}"

    def _usual(self, message: Message, limit: int, markup: Markup, trouble: str) -> tuple[str, ...]:
        # What nobody has looked at for a while may be over.
        unsure = message.reason == "repeat" and any(alert.stale for alert in message.firing)
        lead = [] if unsure else [self.phrases.reason(message.reason)]
        lead += [self.phrases.instead_of(message.instead_of)] if message.instead_of else []
        said = " ".join(sentence for sentence in lead if sentence)
        tail = [self.phrases.template_failed(trouble)] if trouble else []
        return fit(
            [markup.escape(said)] if said else [],
            self._blocks(message, markup),
            [markup.escape(line) for line in tail],
            limit=limit,
            beyond=max(0, len(message.alerts) + len(_untold(message)) - MOST_TOLD) + message.left_out,
            more=lambda count: markup.escape(self._more(message, count)),
        )

    def _blocks(self, message: Message, markup: Markup) -> list[str]:
        speech = Speech(self.phrases, self.zone, markup)
        notices = _untold(message)
        shown = sorted(notices, key=lambda notice: graver_first(notice.level))
        headed = len(message.alerts) + len(notices) > 1 or self._is_cut(message)
        alerts = _gravest_first(message.alerts)
        whole = MOST_TOLD if len(alerts) <= MOST_WHOLE else MOST_WHOLE
        return [
            *(speech.alert(alert, message, headed=headed) for alert in alerts[:whole]),
            *(speech.alert_in_short(alert, message) for alert in alerts[whole:MOST_TOLD]),
            *(speech.notice(notice, message, headed=headed) for notice in shown[: max(0, MOST_TOLD - len(alerts))]),
        ]

    def _more(self, message: Message, count: int) -> str:
        if message.left_out:
            return self.phrases.more_listed(count)
        return self.phrases.more_alerts(count) if message.firing else self.phrases.more(count)

    def _is_cut(self, message: Message) -> bool:
        return message.reason == "test" or one_line(self._what(message)) not in self.title(message)

    def _own(self, message: Message, limit: int, markup: Markup) -> tuple[tuple[str, ...], str]:
        """The user's own text as the only part, or why there is none."""
        if not self.template:
            return (), ""
        from notifiers.messages.templates import Ready, TemplateFailed  # noqa: PLC0415 - few have one, and Jinja is large

        usual = BLANK.join(self._usual(message, limit, markup, ""))
        try:
            text = self._template(markup).render(self._given(message) | {"text": Ready(usual)})
        except TemplateFailed as failed:
            return (), str(failed)
        return (cut_lines(text, limit),), ""

    def _template(self, markup: Markup) -> "Template":
        from notifiers.messages.templates import Template  # noqa: PLC0415 - the same

        if markup.name not in self._templates:
            filters = {"local": self._local, "level": lambda level: self.phrases.levels[Level(level)]}
            self._templates[markup.name] = Template(self.template, markup.escape, filters)
        return self._templates[markup.name]

    def _given(self, message: Message) -> dict[str, Any]:
        told = [fact.model_dump() for fact in message.alerts]
        return message.model_dump() | {
            "title": self.title(message),
            "firing": [alert for alert in told if alert["state"] == "firing"],
            "resolved": [alert for alert in told if alert["state"] == "resolved"],
        }

    def _local(self, moment: datetime) -> str:
        return local_text(moment, self.zone)


def _gravest_first(alerts: Iterable[AlertFact]) -> list[AlertFact]:
    """What fires before what is over, the gravest first, then the oldest."""
    return sorted(alerts, key=lambda alert: (alert.state, graver_first(alert.level), alert.since))


def _untold(message: Message) -> tuple[NoticeFact, ...]:
    """The events without the repairs that an alert of the message names with all that is to be said of them."""
    named = {alert.repaired.run_id for alert in message.resolved if alert.repaired}
    return tuple(
        notice
        for notice in message.notices
        if notice.event_type != "repair_succeeded" or notice.details.get("run_id") not in named
    )


def _rules(message: Message) -> list[str]:
    of_alerts, of_events = (alert.rule for alert in message.alerts), (notice.rule for notice in message.notices)
    rules = sorted({rule for rule in (*of_alerts, *of_events) if rule})
    if len(rules) > 1:
        return rules
    return [message.rule] if message.rule else []
