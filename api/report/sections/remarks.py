"""What else was found, what could not be done, and how all of it was measured."""

from collections.abc import Iterator
from typing import Any

from api.report.document import Badge, Cell, Code, Fact, Facts, Paragraph, Section, Table
from api.report.words.findings import finding_words, problem_words
from api.report.words.wording import Wording, figure

Report = dict[str, Any]


def findings(report: Report, wording: Wording) -> Section:
    """One row for each kind of finding."""
    say = wording.say
    if not report["findings"]:
        return Section("findings", say("findings"), (Paragraph(say("findings_nothing")),))
    names = ("level", "source", "found", "fix", "times", "last_at")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            Badge(wording.known("level", each["level"]), each["level"]),
            wording.known("source", each["source"]),
            *finding_words(each, wording),
            figure(each["times"]),
            wording.moment(each["last_at"]),
        )
        for each in report["findings"]
    )
    return Section("findings", say("findings"), (Table(tuple(map(say, names)), rows, range(4, 5)),))


def problems(report: Report, wording: Wording) -> Section:
    """One row for each kind of problem."""
    say = wording.say
    if not report["problems"]:
        return Section("problems", say("problems"), (Paragraph(say("problems_nothing")),))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (problem_words(each["problem"], each, wording), figure(each["times"]), wording.moment(each["last_at"]))
        for each in report["problems"]
    )
    return Section(
        "problems", say("problems"), (Table(tuple(map(say, ("problem", "times", "last_at"))), rows, range(1, 2)),)
    )


def measured(report: Report, wording: Wording) -> Section:
    """What the numbers rest on."""
    blocks = (Facts(tuple(_facts(report, wording))), Paragraph(wording.say("measured_note"), faint=True))
    return Section("measured", wording.say("measured"), blocks)


def _facts(report: Report, wording: Wording) -> Iterator[Fact]:
    say, found, counted = wording.say, report["measured"], report["counted"]
    hours = {"counted": counted["hours_with_data"], "hours": counted["hours"]}
    yield Fact(say("measured_window"), wording.span(report["window"]))
    yield Fact(say("measured_hours"), say("measured_hours_value", **hours, span=wording.span(counted)))
    yield Fact(say("measured_grace"), wording.length(found["grace_seconds"]))
    yield Fact(say("measured_late"), wording.length(found["late_after_seconds"]))
    yield Fact(say("measured_bounds"), say("measured_bounds_value"))
    yield Fact(say("measured_rule"), Code(report["rule_hash"]))
    optional = (
        ("measured_other_rule", found["checks_with_another_rule"]),
        ("measured_files", found["checks_from_files"]),
        ("measured_unreadable", found["unreadable_lines"]),
    )
    for key, number in optional:
        if number:
            yield Fact(say(key), figure(number))
