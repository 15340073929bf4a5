"""A report's words, numbers and moments in one language and one zone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.charts.scales import rate_words
from api.report.words.chinese import CHINESE
from api.report.words.english import ENGLISH
from consistency.model import parse_utc

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
#: What stands where there is no value.
NOTHING = "-"
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_EXACT_BELOW, _TENTH = 10, 0.1


@dataclass(frozen=True, slots=True)
class Wording:
    """`language` is `en` or `zh`; a KeyError says that it is neither, or that a text is missing."""

    language: str
    zone: ZoneInfo

    def say(self, key: str, **filled: object) -> str:
        """The text of that key, with its braces filled; numbers get their thousands apart."""
        return self.filled(LANGUAGES[self.language][key], **filled)

    def filled(self, text: str, **filled: object) -> str:
        """The same of a text that is at hand."""
        shown = {name: figure(value) if isinstance(value, int) else value for name, value in filled.items()}
        return text.format(**shown)

    def counted(self, key: str, number: int, **filled: object) -> str:
        """The same of so many things; one thing has words of its own where the language has."""
        single = f"{key}_one"
        return self.say(single if number == 1 and single in LANGUAGES[self.language] else key, **filled)

    def known(self, kind: str, word: str) -> str:
        """The word of a state, level or kind; one that is not known stands for itself."""
        return LANGUAGES[self.language].get(f"{kind}_{word}", word.replace("_", " "))

    def moment(self, text: str | datetime | None) -> str:
        """`2026-09-16 11:00` in the zone."""
        if text is None:
            return NOTHING
        moment = parse_utc(text) if isinstance(text, str) else text
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def span(self, window: dict[str, Any]) -> str:
        """Both ends, as `moment` writes them."""
        return self.say("span", start=self.moment(window["start"]), end=self.moment(window["end"]))

    def ends(self, start: datetime, end: datetime) -> tuple[str, str]:
        """The same of both ends of a stretch of time."""
        return self.moment(start), self.moment(end)

    def length(self, seconds: float | None) -> str:
        """`12 ms`, `2.1 s`, `90 s`, `5 min`, `3.5 h`, `12 d`."""
        if seconds is None:
            return NOTHING
        if 0 < seconds < _TENTH:
            return f"{1000 * seconds:.0f} {self.say('unit_ms')}"
        if seconds < 2 * _MINUTE:
            return f"{seconds:.{1 if seconds < _EXACT_BELOW else 0}f} {self.say('unit_s')}"
        if seconds < 2 * _HOUR:
            return f"{seconds / _MINUTE:.0f} {self.say('unit_min')}"
        if seconds < 2 * _DAY:
            return f"{seconds / _HOUR:.1f} {self.say('unit_h')}"
        return f"{seconds / _DAY:.0f} {self.say('unit_d')}"


def figure(number: float | None) -> str:
    """`12,345`; a dash for None."""
    return NOTHING if number is None else f"{number:,}"


def rate(share: float | None) -> str:
    """`91.8 %`; a dash for None."""
    return NOTHING if share is None else rate_words(share)


def points(change: float) -> str:
    """`+1.2` or `-0.4` percentage points."""
    return f"{100 * change:+.1f}".replace("-0.0", "+0.0")
