"""`/runs`: every check with what it found, the schedule, and checks that a person asks for."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from api.charts.completion import Rate, completion_line
from api.charts.frame import Frame
from api.endpoints.fields import is_id
from api.flower.links import flower_address
from api.http.moments import cursor_behind, moment_of, place_behind
from api.http.problems import not_found
from api.ledger import UsesLedger
from api.orders.checks import require_somebody, start_checks
from api.page.chrome import chrome
from api.page.forms import OperatorForm
from api.page.mostly import mostly_text
from api.page.notes import back, failed
from api.page.paging import ROWS, ListQuery, known_rule, older
from api.page.rendering import show
from api.page.visitors import Visit
from api.page.wording import Words
from api.report.document import Figure
from api.services import UsesServices
from api.views.checks import check_line, check_record
from api.views.overview import running, schedule_overview
from consistency.errors import BadRequest, ReconcileryError
from consistency.json_faults import shown
from consistency.ledger.overview import RunFilter, find_runs
from consistency.ledger.runs import RUNNING
from consistency.model import CheckType, Window, parse_utc
from consistency.stretches import HOUR
from monitor_tasks.timetable import Entry, timetable

_KIND = "checks"
_REFRESH, _REFRESH_RUNNING = 15, 3
_ASKED = ("quick", "full", "deep")
#: Calendars as the timetable writes them: so many minutes apart, or once an hour; once a day.
_APART = re.compile(r"cron (?:\*/([0-9]+)|[0-9]+) \* \* \* \*")
_DAILY = re.compile(r"cron ([0-9]+) ([0-9]+) \* \* \*")

router = APIRouter(include_in_schema=False)


class RunsQuery(ListQuery):
    """Which checks."""

    type: Literal["", "quick", "full", "deep", "range"] = ""
    since: str = ""
    until: str = ""


@router.get("/runs")
def runs(
    request: Request, visitor: Visit, services: UsesServices, ledger: UsesLedger, query: Annotated[RunsQuery, Query()]
) -> Response:
    """What runs, what ran, and what is to run."""
    settings = services.settings
    with ledger.reading() as (connection, now):
        chosen = RunFilter(
            known_rule(settings, query.rule),
            CheckType(query.type) if query.type else None,
            since=moment_of("since", query.since, settings, now),
            until=moment_of("until", query.until, settings, now),
        )
        found = find_runs(connection, chosen, ROWS + 1, place_behind(_KIND, query.cursor))
        frame = chrome(connection, "runs")
        under_way = running(connection)
        entries = [entry for entry in timetable() if entry.check]
        schedule = schedule_overview(connection, settings, entries, now)
    last = found[ROWS - 1] if len(found) > ROWS else None
    cursor = cursor_behind(_KIND, last.created_at, last.id) if last else None
    return show(
        request,
        visitor,
        "runs.html",
        **frame,
        runs=[check_line(run) for run in found[:ROWS]],
        running=under_way,
        schedule=[_turns(*pair, visitor.words) for pair in zip(entries, schedule, strict=True)],
        older=older(request, cursor),
        query=query,
        rules=[rule.id for rule in settings.rules],
        kinds=[str(kind) for kind in CheckType],
        asked=_ASKED,
        now=now,
        refresh=_REFRESH_RUNNING if under_way else _REFRESH,
    )


def _turns(entry: Entry, turns: dict[str, Any], words: Words) -> dict[str, Any]:
    return {**turns, "check": str(entry.check), "when": _when(entry, words)}


def _when(entry: Entry, words: Words) -> str:
    if daily := _DAILY.fullmatch(entry.when):
        return words.say("daily", at=f"{int(daily[2]):02}:{int(daily[1]):02}")
    if apart := _APART.fullmatch(entry.when):
        return words.say("every", length=words.length(60 * int(apart[1] or 60)))
    return words.say("every", length=words.length(entry.every.total_seconds())) if entry.every else entry.when


@router.get("/runs/{run_id}")
def run(request: Request, visitor: Visit, services: UsesServices, ledger: UsesLedger, run_id: str) -> Response:
    """One check with everything that is known of it."""
    with ledger.reading() as (connection, now):
        record = check_record(connection, run_id) if is_id(run_id) else None
        if record is None:
            raise not_found(f"there is no check {shown(run_id)}")
        frame = chrome(connection, "runs")
    return show(
        request,
        visitor,
        "run.html",
        **frame,
        run=record,
        report=record["report"],
        mostly=mostly_text(record["report"], visitor.words) if record["report"] else "",
        health=record["health"] or "unknown",
        course=_course(record["report"], visitor.words),
        flower=flower_address(services.settings, record["task_id"]),
        now=now,
        refresh=_REFRESH_RUNNING if record["status"] in {"queued", RUNNING} else 0,
    )


@router.post("/runs")
def start(request: Request, services: UsesServices, form: OperatorForm) -> Response:
    """Have a check made; one that is under way is joined."""
    following = form.following("/runs")
    try:
        if form.text("type") not in _ASKED:
            raise BadRequest(f"type: must be one of {', '.join(_ASKED)}")
        sent = start_checks(services.resources, CheckType(form.text("type")), form.optional("rule"))
        new = [each for each in sent if each.new]
        if new:
            require_somebody(services.resources, new[0].run, new=True)
    except ReconcileryError as error:
        return failed(request, following, error)
    return back(request, following, "note_check_started" if new else "note_check_joined")


def _course(report: dict[str, Any] | None, words: Words) -> Figure | None:
    """The hours that a deep check has counted."""
    rows = ((report or {}).get("trend") or {}).get("hourly")
    if not report or not rows:
        return None
    window = Window(*(parse_utc(report["window"][name]) for name in ("start", "end")))
    known = {parse_utc(row["start"]): row["completion_rate"] for row in rows}
    rates, moment = [], min(known)
    while moment <= max(known):
        rates.append(Rate(moment + HOUR / 2, known.get(moment)))
        moment += HOUR
    title = words.report.say("completion_chart")
    drawn = completion_line(rates, Frame(title, window, words.zone, words.charts, "course"))
    return Figure(drawn, title, drawn.told)
