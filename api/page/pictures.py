"""The charts of the overview, in one language: drawn from the same values as those of a report."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from api.charts.frame import Frame
from api.charts.heartbeat import Beat, heartbeat_strip
from api.page.kept import Kept
from api.page.wording import Words
from api.report.document import Figure
from api.report.lead import headline, lead
from api.report.pictures import Pictures
from api.report.report import report_of
from api.services import Services
from consistency.model import Health, Window, parse_utc

#: How far back one may look, by the names in the address.
RANGES = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "14d": timedelta(days=14),
}
#: How old charts may be of which nothing new is known: their bars and points stand for more than a minute each.
KEPT_SECONDS = 60.0
_kept = Kept(KEPT_SECONDS)


@dataclass(frozen=True, slots=True)
class Course:
    """How things went: the charts, and the same in sentences, which know the hours until `counted_until` alone.

    `fell_at` is since when clearly more tasks miss their output, None when none do or that is over.
    """

    heartbeat: Figure
    completion: Figure
    volume: Figure
    lateness: Figure | None
    database: Figure
    headline: str
    lead: tuple[str, ...]
    counted_until: str
    fell_at: datetime | None


def course_of(services: Services, rule: str, back: str, known: Hashable, now: datetime, words: Words) -> Course:
    """The course of one rule over the last 24 hours, 7 or 14 days.

    It is drawn anew when what is `known` of the rule is not what it was, and otherwise once a minute.
    """
    asked = (services.settings.effective_store_url, rule, back, known)
    report = _kept.get(asked, lambda: _report(services, rule, Window(now - RANGES[back], now), now))
    found: Course = _kept.get((*asked, report["as_of"], words), lambda: _drawn(report, words))
    return found


def _report(services: Services, rule: str, window: Window, now: datetime) -> dict[str, Any]:
    return report_of(services.resources, window, rule, now)


def _drawn(report: Mapping[str, Any], words: Words) -> Course:
    known = dict(report)
    pictures = Pictures(known, words.report)
    return Course(
        heartbeat=_heartbeat(known, pictures.window, words),
        completion=pictures.completion(),
        volume=pictures.volume(),
        lateness=pictures.lateness() if known["lateness"] else None,
        database=pictures.database(),
        headline=headline(known, words.report),
        lead=lead(known, words.report),
        counted_until=known["counted"]["end"],
        fell_at=_fell_at(known["onset"] or known["onset_seen"]),
    )


def _fell_at(onset: Mapping[str, Any] | None) -> datetime | None:
    return parse_utc(onset["at"]) if onset and not onset["until"] else None


def _heartbeat(report: Mapping[str, Any], window: Window, words: Words) -> Figure:
    """As in a report, but each bar leads to its checks."""
    beats = [_beat(row, report["rule"], words) for row in report["beats"]]
    title = words.say("heartbeat_title")
    drawn = heartbeat_strip(beats, Frame(title, window, words.zone, words.charts, "heartbeat"))
    return Figure(drawn, title, drawn.told)


def _beat(row: Mapping[str, Any], rule: str, words: Words) -> Beat:
    if not row["checks"]:
        return Beat(parse_utc(row["start"]), parse_utc(row["end"]), None)
    note = (
        ""
        if row["lowest_rate"] is None
        else words.report.say("beat_note", rate=words.rate(row["lowest_rate"]), missing=row["missing"])
    )
    bounds = {name: row[end].replace(":00Z", "Z") for name, end in (("since", "start"), ("until", "end"))}
    asked = urlencode({"type": "quick", "rule": rule, **bounds}, safe=":")
    health = Health(row["health"]) if row["health"] else None
    return Beat(
        parse_utc(row["start"]),
        parse_utc(row["end"]),
        health,
        note,
        f"/runs?{asked}",
    )
