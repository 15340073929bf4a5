"""From the values of a report to the document in one language."""

from typing import Any
from zoneinfo import ZoneInfo

from api.report.document import Document
from api.report.lead import commands, standing
from api.report.pictures import Pictures
from api.report.sections import behaviour, rates, remarks, telling
from api.report.words.wording import Wording
from consistency.model import parse_utc


def document_of(report: dict[str, Any], language: str) -> Document:
    """The document; `language` is `en` or `zh`."""
    zone = ZoneInfo(report["timezone"])
    wording = Wording(language, zone)
    pictures = Pictures(report, wording)
    now = standing(report, wording)
    offset = parse_utc(report["as_of"]).astimezone(zone).isoformat()[-6:]
    return Document(
        language=language,
        title=wording.say("title", rule=report["rule"], service=report["service"]),
        span=wording.span(report["window"]),
        zone=wording.say("zone", zone=f"{zone.key} (UTC{offset})", as_of=wording.moment(report["as_of"])),
        health=now.health,
        headline=now.headline,
        lead=now.lead,
        next=wording.say("next"),
        commands=commands(report),
        sections=(
            rates.glance(report, wording),
            rates.completion(wording, pictures),
            rates.days(report, wording),
            rates.segments(report, wording),
            telling.alerts(report, wording),
            telling.repairs(report, wording),
            behaviour.lateness(report, wording, pictures),
            behaviour.volume(report, wording, pictures),
            behaviour.database(report, wording, pictures),
            remarks.findings(report, wording),
            remarks.problems(report, wording),
            remarks.measured(report, wording),
        ),
    )
