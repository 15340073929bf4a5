"""The charts of the overview, in one language: drawn from the same values as those of a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from api.charts.frame import Frame
from api.charts.heartbeat import Beat, heartbeat_strip
from api.page.wording import Words
from api.report.document import Figure
from api.report.lead import headline, lead
from api.report.pictures import Pictures
from consistency.model import Health, Window, parse_utc


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


def course_of(report: Mapping[str, Any], words: Words) -> Course:
    """The course that a report tells of, in the language of the words."""
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
