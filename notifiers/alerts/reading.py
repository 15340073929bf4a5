"""What a check report says about alerts: one observation of its rule's outputs, and one of each source of findings.

A report that has not measured everything says nothing, neither good nor bad, and a range check looks at the past.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from consistency.main_group import main_group
from consistency.model import CheckType, Level, parse_utc, utc_text
from consistency.rules import level_of, wilson_interval
from consistency.settings import Settings
from notifiers.alerts.kinds import FINDING, MISSING_OUTPUTS
from notifiers.alerts.observation import Observation, Sight

#: Fewer tasks than these are too few to be told at once, however many of them lack their output.
FEWEST_TASKS = 5
_MOST_KEYS = 5
_MOST_MESSAGES = 20
_COMMAND = re.compile(r"`(reconcilery [^`]+)`")
#: Problems that say that a part of the check did not come about, so that nothing follows from what it did not find.
_UNASKED = ("no ", "custom check ")
_RANKS = {level: rank for rank, level in enumerate(Level)}

Report = Mapping[str, Any]
Thing = tuple[str, dict[str, str]]


def observations_of(report: Report, settings: Settings) -> list[Observation]:
    """What is to be seen in the report, as of its `as_of`."""
    if not _judges(report):
        return []
    return [*_outputs(report, settings), *_findings(report, settings)]


def gone(report: Report, settings: Settings, things: Iterable[Thing]) -> list[Observation]:
    """A good observation of each thing (service and labels) found before that this report would name and does not."""
    if not _judges(report) or any(problem.startswith(_UNASKED) for problem in report["problems"]):
        return []
    found = {finding["source"] for finding in report["findings"]}
    return [
        Observation(kind=FINDING, service=service, labels=labels, verdict=Sight.GOOD, **_frame(report, settings))
        for service, labels in things
        if labels.get("check") == report["type"] and labels.get("source") not in found
    ]


def period_of(kind: CheckType, settings: Settings) -> timedelta:
    """How often a check of this type is to run; it is not asked of range checks."""
    periods = {CheckType.QUICK: settings.quick_every, CheckType.FULL: settings.full_every}
    return periods.get(kind, timedelta(days=1))


def bad_needed(level: Level) -> int:
    """How many bad observations in a row are told."""
    return 1 if level in {Level.HIGH, Level.CRITICAL} else 2


def _judges(report: Report) -> bool:
    return CheckType(report["type"]) is not CheckType.RANGE and float(report["coverage"]) >= 1


def _frame(report: Report, settings: Settings) -> dict[str, Any]:
    """What all observations of one report have in common."""
    kind = CheckType(report["type"])
    return {
        "rule": report["rule"],
        "at": parse_utc(report["as_of"]),
        "every": period_of(kind, settings),
        "good_needed": 2 if kind is CheckType.QUICK else 1,
    }


def _outputs(report: Report, settings: Settings) -> list[Observation]:
    counts = report["counts"]
    if counts["tasks"] is None or counts["missing"] is None:
        return []
    frame = {
        "kind": MISSING_OUTPUTS,
        "service": settings.service,
        "labels": {"check": report["type"]},
        **_frame(report, settings),
    }
    if not counts["tasks"]:
        return [Observation(verdict=Sight.NEUTRAL, **frame)]
    told = {"summary": report["verdict"], "details": _details(report, settings)}
    level = told_level(counts["tasks_with_outputs"], counts["tasks"])
    if level is None:
        return [Observation(verdict=Sight.GOOD, **frame, **told)]
    return [Observation(verdict=Sight.BAD, level=level, bad_needed=bad_needed(level), **frame, **told)]


def told_level(with_outputs: int, tasks: int) -> Level | None:
    """The level that the counts prove: that of the upper end of the rate's interval, so that few rows page nobody."""
    interval = wilson_interval(with_outputs, tasks)
    level = level_of(interval[1], tasks - with_outputs) if interval else None
    if level is not None and tasks < FEWEST_TASKS:
        return min(level, Level.MEDIUM, key=_RANKS.__getitem__)
    return level


def _details(report: Report, settings: Settings) -> dict[str, Any]:
    counts, window = report["counts"], report["window"]
    numbers = {name: counts.get(name) for name in ("tasks", "missing", "late")}
    numbers["completion_rate"] = report["completion_rate"]
    details = {
        **_origin(report),
        "numbers": {name: number for name, number in numbers.items() if number is not None},
        "window": [window["start"], window["end"]],
        "top": [str(key) for key in report["missing_sample"][:_MOST_KEYS]],
        "command": _command(report, settings) if counts["missing"] else "",
        "mostly": _mostly(report),
        "onset": _onset(report["onset"]) if report["onset"] else None,
    }
    return {name: value for name, value in details.items() if value}


def _origin(report: Report) -> dict[str, Any]:
    return {"check_id": report["check_id"], "verdict": report["verdict"]}


def _command(report: Report, settings: Settings) -> str:
    """What to type next: the plan of a repair where the rule can be repaired, else the list of what is missing."""
    repairable = any(rule.id == report["rule"] and rule.child.columns for rule in settings.rules)
    window = (utc_text(parse_utc(report["window"][name])) for name in ("start", "end"))
    rule = f" --rule {report['rule']}" if len(settings.rules) > 1 else ""
    what = "repair plan" if repairable else "missing"
    return "reconcilery {} --start-date {} --end-date {}{}".format(what, *window, rule)


def _mostly(report: Report) -> dict[str, Any] | None:
    group = main_group(report.get("missing_by"))
    return asdict(group) if group else None


def _onset(onset: Report) -> dict[str, Any]:
    return {name: onset[name] for name in ("at", "until", "rate_before", "rate_after")}


def _findings(report: Report, settings: Settings) -> list[Observation]:
    by_source: dict[str, list[Report]] = {}
    for finding in report["findings"]:
        by_source.setdefault(finding["source"], []).append(finding)
    return [_finding(report, settings, source, found) for source, found in by_source.items()]


def _finding(report: Report, settings: Settings, source: str, found: list[Report]) -> Observation:
    worst = max(found, key=lambda finding: _RANKS[Level(finding["level"])])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    command = _COMMAND.search(worst["fix"])
    details = {
        **_origin(report),
        "window": [report["window"]["start"], report["window"]["end"]],
        "fix": worst["fix"],
        "command": command[1] if command else "",
        "found": _found(worst, len(found) - 1),
        "findings": [finding["message"] for finding in found[:_MOST_MESSAGES]],
    }
    return Observation(
        kind=FINDING,
        service=settings.service,
        labels={"check": report["type"], "source": source},
        verdict=Sight.BAD,
        level=Level(worst["level"]),
        summary=worst["message"] + more,
        details={name: value for name, value in details.items() if value},
        bad_needed=bad_needed(Level(worst["level"])),
        **_frame(report, settings),
    )


def _found(worst: Report, more: int) -> dict[str, Any]:
    """What messages tell of the findings of one source, in words of their own where there are some."""
    known = {name: worst[name] for name in ("code", "values") if name in worst}
    return {"message": worst["message"], "more": more, **known}
