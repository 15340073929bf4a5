"""At a glance, over time, day by day, and who is hit."""

from collections.abc import Iterator
from typing import Any

from api.report.document import Badge, Cell, Code, Fact, Facts, Paragraph, Section, Table
from api.report.pictures import Pictures
from api.report.words.wording import NOTHING, Wording, figure, rate
from consistency.rules import health_of

Report = dict[str, Any]


def glance(report: Report, wording: Wording) -> Section:
    """The numbers, and what the latest check of each kind found."""
    counts, say = report["counts"], wording.say
    facts = [
        Fact(say("tasks"), figure(counts["tasks"])),
        Fact(say("missing"), figure(counts["missing"])),
        Fact(say("late"), say("unmeasurable") if counts["late"] is None else figure(counts["late"])),
    ]
    if report["delay_seconds"]:
        facts.append(Fact(say("delay_p95"), wording.length(report["delay_seconds"]["p95"])))
    facts += [_latest(check, wording) for check in report["latest"]]
    return Section("glance", say("glance"), (Facts(tuple(facts), cards=True),))


def _latest(check: Report, wording: Wording) -> Fact:
    say, at = wording.say, wording.moment(check["as_of"])
    name = say("latest", check=say(f"check_{check['type']}"))
    if check["completion_rate"] is None:
        return Fact(name, Badge(say("latest_nothing"), check["health"]), at)
    note = say("latest_note", missing=check["missing"], at=at)
    return Fact(name, Badge(rate(check["completion_rate"]), check["health"]), note)


def completion(wording: Wording, pictures: Pictures) -> Section:
    """Both pictures of the course."""
    return Section("completion", wording.say("completion"), (pictures.heartbeat(), pictures.completion()))


def days(report: Report, wording: Wording) -> Section:
    """One row a day, the newest first."""
    say, rows = wording.say, report["days"]
    names = ("day", "rate", "tasks", "missing", "late", "p50", "p95", "hours")
    cells = tuple(_day(row, wording) for row in reversed(rows))
    known = any(row["hours_with_data"] for row in rows)
    table = Table(tuple(map(say, names)), cells, range(1, len(names)))
    return Section("days", say("days"), (table if known else Paragraph(say("days_nothing")),))


def _day(row: Report, wording: Wording) -> tuple[Cell, ...]:
    return (
        row["date"],
        _rate(row["completion_rate"]),
        figure(row["tasks"]),
        figure(row["missing"]),
        figure(row["late"]),
        wording.length(row["delay_p50"]),
        wording.length(row["delay_p95"]),
        wording.say("hours_of", counted=row["hours_with_data"], hours=row["hours"]),
    )


def _rate(value: float | None) -> Cell:
    return NOTHING if value is None else Badge(rate(value), str(health_of(value)))


def segments(report: Report, wording: Wording) -> Section:
    """A table for each column that breaks the numbers down."""
    found, say = report["segments"], wording.say
    sample = _sample(report, wording)
    if not found:
        return Section("segments", say("segments"), (Paragraph(say("segments_nothing"), faint=True), *sample))
    check, as_of = say(f"check_{found['type']}"), wording.moment(found["as_of"])
    origin = Paragraph(say("segments_from", check=check, as_of=as_of, span=wording.span(found["window"])), faint=True)
    tables = (_column(name, rows, wording) for name, rows in found["columns"].items())
    return Section("segments", say("segments"), (*tables, origin, *sample))


def _sample(report: Report, wording: Wording) -> tuple[Facts, ...]:
    """The keys of some missing tasks."""
    keys = ", ".join(report["missing_sample"])
    return (Facts((Fact(wording.say("for_example"), Code(keys)),)),) if keys else ()


def _column(name: str, rows: list[Report], wording: Wording) -> Table:
    header = (name, *(wording.say(key) for key in ("rate", "tasks", "missing", "share_missing")))
    return Table(header, tuple(_segments(rows, wording)), range(1, len(header)))


def _segments(rows: list[Report], wording: Wording) -> Iterator[tuple[Cell, ...]]:
    total = sum(row["missing"] for row in rows)
    for row in rows:
        value = wording.say("none_value") if row["value"] is None else row["value"]
        share = f"{100 * row['missing'] / total:.0f} %" if total else NOTHING
        yield value, _rate(row["completion_rate"]), figure(row["tasks"]), figure(row["missing"]), share
