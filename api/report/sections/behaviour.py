"""How long outputs took, how many tasks there were, and what the checks cost the database."""

from typing import Any

from api.report.document import Block, Cell, Paragraph, Section, Table
from api.report.pictures import Pictures
from api.report.words.wording import Wording, figure
from consistency.model import Health

Report = dict[str, Any]


def lateness(report: Report, wording: Wording, pictures: Pictures) -> Section:
    """The picture and its percentiles."""
    say, delays = wording.say, report["delay_seconds"]
    if report["lateness"] is None or not delays:
        return Section("lateness", say("lateness"), (Paragraph(say("lateness_nothing"), faint=True),))
    blocks: list[Block] = [pictures.lateness()]
    if delays["max"] is not None:
        after, late = wording.length(report["lateness"]["late_after_seconds"]), report["counts"]["late"]
        shares = {name: wording.length(seconds) for name, seconds in delays.items()}
        words = [say("lateness_words", **shares), wording.counted("late_words", late, late=late, after=after)]
        blocks.append(Paragraph(" ".join(words)))
    return Section("lateness", say("lateness"), tuple(blocks))


def volume(report: Report, wording: Wording, pictures: Pictures) -> Section:
    """The picture, and why it shows nothing usual where it does not."""
    blocks: list[Block] = [pictures.volume()]
    if not any(row["expected"] is not None for row in report["series"]["rows"]):
        blocks.append(Paragraph(wording.say("usual_unknown"), faint=True))
    return Section("volume", wording.say("volume"), tuple(blocks))


def database(report: Report, wording: Wording, pictures: Pictures) -> Section:
    """The picture, and a row for each kind of check."""
    say, kinds = wording.say, report["measured"]["checks"]
    if not kinds:
        return Section("database", say("database"), (Paragraph(say("no_checks")),))
    names = ("check", "times", "not_healthy", "pause", "half", "longest", "slowest")
    table = Table(tuple(map(say, names)), tuple(_kind(row, wording) for row in kinds), range(1, len(names)))
    return Section("database", say("database"), (pictures.database(), table))


def _kind(row: Report, wording: Wording) -> tuple[Cell, ...]:
    lengths = ("longest_pause_seconds", "query_seconds_p50", "query_seconds_max", "slowest_statement_seconds")
    unwell = row["checks"] - row[Health.HEALTHY]
    seconds = (wording.length(row[name]) for name in lengths)
    return wording.say(f"check_{row['type']}"), figure(row["checks"]), figure(unwell), *seconds
