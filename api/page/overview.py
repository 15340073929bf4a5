"""`/`: how things stand, at a glance."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from anyio import from_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.ledger import UsesLedger
from api.looking import Looking, UsesLooking
from api.page.alert_rows import alert_rows
from api.page.banner import Banner, banner_of
from api.page.chrome import chrome
from api.page.courses import RANGES, SHOWN_ALERTS, UsesCourses, View, known_of
from api.page.event_rows import event_rows
from api.page.incident import Incident, incident_of
from api.page.pictures import Course
from api.page.rendering import show
from api.page.repair_card import repair_card
from api.page.since import mended_since, since
from api.page.visitors import Visit
from api.page.wording import Words
from api.services import UsesServices
from api.views.health import health_of_system, look_at_store
from api.views.overview import running
from api.views.processes import ask_signs
from consistency.ledger.events import find_events
from consistency.ledger.overview import last_turn
from consistency.ledger.own_tables import LEDGER
from consistency.ledger.schema import require_current_in
from consistency.model import SCHEDULED, CheckType, utc_text
from consistency.settings import Settings
from monitor_tasks.timetable import timetable
from notifiers.alerts.alert import LIVE, Alert
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.history import last_changes
from notifiers.alerts.kinds import MISSING_OUTPUTS
from notifiers.routing.routes import gravity

#: The page has to stay small, whatever services tell: `/events` shows more of each.
_SHOWN_EVENTS, _MOST_DETAILS = 8, 300
#: More alerts than these of one rule are not looked through.
_MOST_ALERTS = 100
#: How often a page that is looked at asks how things stand now, in seconds; and while a check is under way.
_REFRESH, _REFRESH_RUNNING = 15, 3

router = APIRouter(include_in_schema=False)


class OverviewQuery(BaseModel):
    """What is looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rule: str | None = Field(default=None, max_length=64)
    back: Literal["24h", "7d", "14d"] = Field(default="24h", alias="range")


@router.get("/")
def overview(
    request: Request,
    visitor: Visit,
    services: UsesServices,
    ledger: UsesLedger,
    looking: UsesLooking,
    courses: UsesCourses,
    query: Annotated[OverviewQuery, Query()],
) -> Response:
    """The verdict, the figures, the course, what fires, what has happened."""
    settings, words = services.settings, visitor.words
    settings.rule_by_id(query.rule)
    signs = ask_signs(services.shared, settings)
    with ledger.reading() as (connection, now):
        require_current_in(connection, LEDGER)
        store = look_at_store(connection, settings, now)
        health = health_of_system(settings, store, signs)
        banner = banner_of(health, store.checks, settings, words)
        rule = query.rule or (banner.check["rule"] if banner.check else settings.rules[0].id)
        firing = find_alerts(connection, LIVE, limit=SHOWN_ALERTS)
        of_rule = _alerts_of_rule(connection, banner, firing)
        alert = _alert_of(banner, of_rule)
        changed = last_changes(connection, alert.id) if alert else {}
        found = {
            **chrome(connection, "overview", len(firing) if len(firing) < SHOWN_ALERTS else None),
            "alerts": alert_rows(connection, settings, firing, words, now),
            "alert": alert,
            "gravest": max((alert.level for alert in firing if alert.level), key=gravity, default=""),
            "next_check": _next_check(connection, settings, now),
            "running": running(connection),
            "events": _events(connection, settings, words, now),
            "dead_messages": store.channels["dead_messages"],
            "repair": repair_card(services.resources, connection),
        }
    cards = [_card(kind, rule, store.checks) for kind in SCHEDULED]
    view, known = View(rule, query.back), known_of(rule, store.checks, firing)
    drawn = _drawn(courses.kept(view, known, words) or _draw(looking, partial(courses.course, view, known, now, words)))
    begun = since(alert, changed, drawn["course"] if alert and alert.rule_id == rule else None)
    incident = incident_of(banner.check, store.checks, of_rule, begun, now)
    return show(
        request,
        visitor,
        "overview.html",
        **found,
        **_verdict(banner, incident, settings, words, now),
        health=banner.health,
        cards=cards,
        **drawn,
        since=begun,
        mended_since=mended_since([banner.check, incident.most] if incident else [], found["repair"]),
        rule=rule,
        rules=[mapping.id for mapping in settings.rules],
        back=query.back,
        ranges=list(RANGES),
        now=now,
        refresh=_REFRESH_RUNNING if found["running"] else _REFRESH,
    )


def _draw(looking: Looking, draw: Callable[[], Course]) -> Course | str:
    """The charts, or why there are none: the page does without while what they are drawn from is too slow."""
    return from_thread.run(looking.try_to, "course", draw)


def _drawn(course: Course | str) -> dict[str, Any]:
    known = isinstance(course, Course)
    return {"course": course if known else None, "no_course": "" if known else course}


def _verdict(
    banner: Banner, incident: Incident | None, settings: Settings, words: Words, now: datetime
) -> dict[str, Any]:
    check = banner.check
    repairable = {rule.id for rule in settings.rules if rule.child.columns}
    return {
        "banner": banner,
        "missing": incident.missing if incident else 0,
        "repair_from": utc_text(incident.start) if incident else None,
        "wider": incident.most if incident and incident.is_wider else None,
        "repairable": check is not None and check["rule"] in repairable,
        "checked": words.ago(check["report"]["as_of"], now) if check else None,
        "offset": words.offset(now),
    }


def _alerts_of_rule(connection: Connection, banner: Banner, firing: Sequence[Alert]) -> Sequence[Alert]:
    """The open alerts of the rule that the banner speaks of, which are among those shown unless there are more."""
    if banner.check is None:
        return []
    rule = banner.check["rule"]
    if len(firing) < SHOWN_ALERTS:
        return [alert for alert in firing if alert.rule_id == rule]
    return find_alerts(connection, LIVE, rule, limit=_MOST_ALERTS)


def _alert_of(banner: Banner, firing: Sequence[Alert]) -> Alert | None:
    """The alert that tells of what the banner says, else one of what another check of the rule has seen missing."""
    told = [alert for alert in firing if alert.kind == MISSING_OUTPUTS]
    same = (alert for alert in told if banner.check and alert.labels.get("check") == banner.check["type"])
    return next(same, next(iter(told), None))


def _card(kind: CheckType, rule: str, checks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = next(
        (check for check in checks if check["rule"] == rule and check["type"] == kind),
        None,
    )
    return {
        "kind": str(kind),
        "check": found,
        "report": found["report"] if found else None,
    }


def _events(connection: Connection, settings: Settings, words: Words, now: datetime) -> list[dict[str, Any]]:
    found = find_events(connection, limit=_SHOWN_EVENTS)
    return event_rows(found, settings.service, words, now, most=_MOST_DETAILS)


def _next_check(connection: Connection, settings: Settings, now: datetime) -> str | None:
    """When the next quick check is due."""
    last = [turn for rule in settings.rules if (turn := last_turn(connection, rule.id, CheckType.QUICK))]
    quick = (entry for entry in timetable() if entry.check is CheckType.QUICK)
    turns = [turn for entry in quick if (turn := entry.next_turn(now, max(last, default=None)))]
    return utc_text(min(turns).replace(microsecond=0)) if turns else None
