"""Alerts with who was told, and repairs with what they came to."""

from collections.abc import Iterator
from typing import Any

from api.report.document import Badge, Cell, Code, Paragraph, Section, Table
from api.report.words.findings import alert_words, untold_words
from api.report.words.wording import NOTHING, Wording, figure, rate
from compensation.states import ItemState
from notifiers.alerts.kinds import MISSING_OUTPUTS

Report = dict[str, Any]

_SHORT = 8
_LOOKS = {"succeeded": "healthy", "rolled_back": "healthy", "failed": "unhealthy"}


def alerts(report: Report, wording: Wording) -> Section:
    """One row for each time an alert fired."""
    say = wording.say
    names = ("level", "what", "fired", "resolved", "told", "acked")
    if not report["alerts"]:
        return Section("alerts", say("alerts"), (Paragraph(say("alerts_nothing")),))
    rows = tuple(_alert(alert, wording) for alert in report["alerts"])
    return Section("alerts", say("alerts"), (Table(tuple(map(say, names)), rows),))


def _alert(alert: Report, wording: Wording) -> tuple[Cell, ...]:
    level = alert["level"] or ""
    return (
        Badge(wording.known("level", level), level) if level else NOTHING,
        _what(alert, wording),
        wording.moment(alert["fired_at"]),
        wording.moment(alert["resolved_at"]) if alert["resolved_at"] else wording.say("still"),
        "; ".join(_told(alert, wording)),
        "; ".join(f"{each['by']}, {wording.moment(each['at'])}" for each in alert["acknowledged"]) or NOTHING,
    )


def _what(alert: Report, wording: Wording) -> str:
    """What was wrong, in the reader's language where the numbers say it."""
    kind, check, numbers = wording.known("kind", alert["kind"]), alert["labels"].get("check"), alert["numbers"]
    named = wording.say("of_check", what=kind, check=wording.known("check", check)) if check else kind
    if alert["kind"] == MISSING_OUTPUTS and {"missing", "tasks"} <= numbers.keys():
        return wording.say("lack", what=named, missing=numbers["missing"], tasks=numbers["tasks"])
    return wording.say("says", what=named, words=alert_words(alert, wording))


def _told(alert: Report, wording: Wording) -> Iterator[str]:
    if not alert["told"]:
        why = alert["untold_because"]
        yield wording.say("told_nobody_because", why=untold_words(why, wording)) if why else wording.say("told_nobody")
    for each in alert["told"]:
        channel, at = each["channel"], wording.moment(each["first_sent_at"])
        if each["sent"]:
            key = "told_sent" if each["sent"] == 1 else "told_times"
            yield wording.say(key, channel=channel, at=at, times=each["sent"])
        if each["waiting"]:
            yield wording.say("told_waiting", channel=channel)
        if each["given_up"]:
            yield wording.say("told_given_up", channel=channel, why=each["why"] or NOTHING)


def repairs(report: Report, wording: Wording) -> Section:
    """One row a run."""
    say, runs = wording.say, report["repairs"]
    if not runs:
        key = "repairs_nothing" if runs is not None else "repairs_absent"
        return Section("repairs", say("repairs"), (Paragraph(say(key)),))
    names = ("run", "started", "state", "by", "repaired", "written", "before", "after")
    rows = tuple(_repair(run, wording) for run in runs)
    return Section("repairs", say("repairs"), (Table(tuple(map(say, names)), rows, range(4, 6)),))


def _repair(run: Report, wording: Wording) -> tuple[Cell, ...]:
    done, total = run["counts"].get(ItemState.DONE, 0), sum(run["counts"].values())
    return (
        Code(run["run_id"][:_SHORT]),
        wording.moment(run["started_at"]),
        Badge(wording.known("state", run["state"]), _LOOKS.get(run["state"], "degraded")),
        run["created_by"],
        wording.say("repaired_of", done=done, total=total),
        figure(run["rows_written"]),
        _measured(run["before"], wording),
        _measured(run["after"], wording),
    )


def _measured(found: Report | None, wording: Wording) -> str:
    if not found or found["completion_rate"] is None:
        return NOTHING
    return wording.say("measured_as", rate=rate(found["completion_rate"]), missing=found["missing"])
