"""The page's words, numbers and moments in one language and one zone; those of reports are its own as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.charts.words import ChartWords, words_of
from api.page.phrases.chinese import CHINESE
from api.page.phrases.english import ENGLISH
from api.report.words.findings import finding_words, problem_words, reason_words
from api.report.words.wording import Wording, figure, rate
from consistency.model import parse_utc
from consistency.remarks import kept_remark

PHRASES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "zh": CHINESE}
NAMES = {"en": "English", "zh": "中文"}
TAGS = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True, slots=True)
class Words:
    """`language` is `en` or `zh`."""

    language: str
    zone: ZoneInfo

    @property
    def report(self) -> Wording:
        """What is said in reports as well."""
        return Wording(self.language, self.zone)

    @property
    def charts(self) -> ChartWords:
        """What charts say."""
        return words_of(self.language)

    @property
    def tag(self) -> str:
        """For the attribute lang."""
        return TAGS[self.language]

    def say(self, key: str, **filled: object) -> str:
        """The text of that key with its braces filled; numbers get their thousands apart."""
        texts = PHRASES[self.language]
        count = filled.get("count")
        chosen = f"{key}_one" if count == 1 and f"{key}_one" in texts else key
        shown = {name: figure(value) if isinstance(value, int) else value for name, value in filled.items()}
        return texts[chosen].format(**shown)

    def known(self, kind: str, word: object) -> str:
        """The word of a state, level or kind; one that is not known stands for itself."""
        found = PHRASES[self.language].get(f"{kind}_{word}")
        return found if found is not None else self.report.known(kind, str(word))

    def finding(self, finding: Mapping[str, Any]) -> tuple[str, str]:
        """What a check has found, and what helps."""
        return finding_words(finding, self.report)

    def problem(self, text: str, remarks: object) -> str:
        """What a check could not do; the report may keep a code of it among its remarks."""
        return problem_words(text, kept_remark(text, remarks), self.report)

    def reason(self, part: Mapping[str, Any]) -> str:
        """Why a part of a check could not be measured."""
        return reason_words(part, self.report)

    def moment(self, text: str | datetime | None) -> str:
        """`2026-09-16 11:00` in the zone; a dash for None."""
        return self.report.moment(text)

    def clock(self, text: str | datetime, now: datetime) -> str:
        """`11:00`, or with its date on another day than now."""
        moment = parse_utc(text) if isinstance(text, str) else text
        local, today = moment.astimezone(self.zone), now.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%m-%d %H:%M}"

    def span(self, window: Mapping[str, Any]) -> str:
        """Both ends."""
        return self.report.span(dict(window))

    def length(self, seconds: float | None) -> str:
        """`12 ms`, `2.1 s`, `90 s`, `5 min`, `3.5 h`, `12 d`; a dash for None."""
        return self.report.length(seconds)

    def ago(self, text: str | datetime, now: datetime) -> str:
        """`5 min ago`."""
        moment = parse_utc(text) if isinstance(text, str) else text
        return self.say("ago", length=self.length(max(0.0, (now - moment).total_seconds())))

    def rate(self, share: float | None) -> str:
        """`91.8 %`; a dash for None."""
        return rate(share)

    def figure(self, number: float | None) -> str:
        """`12,345`; a dash for None."""
        return figure(number)

    def offset(self, now: datetime) -> str:
        """`UTC+08:00`."""
        return f"UTC{now.astimezone(self.zone).isoformat()[-6:]}"


def language_of(chosen: str, accepted: str) -> str:
    """The language that a person has chosen, or that their browser asks for first."""
    if chosen in PHRASES:
        return chosen
    return next((name for name in _wished(accepted) if name in PHRASES), "en")


def _wished(accepted: str) -> Sequence[str]:
    """The languages of `Accept-Language`, the most wanted first: `en` of `en-GB;q=0.8`."""
    ranked = []
    for place, each in enumerate(accepted[:500].split(",")):
        name, _, rest = each.strip().lower().partition(";")
        quality = rest.strip().removeprefix("q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            ranked.append((-weight, place, name.partition("-")[0]))
    return [name for _, _, name in sorted(ranked)]
