"""Whatever users, services and providers write, on the page it is text."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from api.orders.alerts import Stretch, silence, take_on
from consistency.database import transaction
from consistency.ledger.repair_tables import repair_items, repair_runs
from consistency.ledger.tables import check_runs, open_gaps
from consistency.model import CheckType
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.ingest import ingest
from tests.factories.browsing import PAGES, Browser, Page, assert_self_contained
from tests.factories.front_door import EVENTS, an_event
from tests.factories.measured import Measured, measured
from tests.factories.observing import seen
from tests.factories.studio import Shelf, Studio

HOSTILE = (
    "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'` javascript:alert(3) {{7*7}} \u202e"
)
MARKS = ("<script>alert", "<img src=x", "\u202e", "49")


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url) as found:
        yield found


def harmless(page: Page) -> None:
    assert_self_contained(page)
    assert [mark for mark in MARKS[:3] if mark in page.answer.text] == []
    assert not [each for tag, each in page.elements if tag == "img"]


def poison(place: Measured) -> None:
    """Hostile text wherever one can come from outside."""
    now, store, settings = place.now(), place.resources.store, place.resources.settings
    for kind in (CheckType.QUICK, CheckType.FULL, CheckType.DEEP):
        run = place.check(kind)
        report = json.loads(json.dumps(run.report))
        report |= {"missing_sample": [HOSTILE], "problems": [HOSTILE], "segments": {HOSTILE: []}}
        report["segments"] = {HOSTILE: [{"value": HOSTILE, "tasks": 9, "missing": 9, "completion_rate": 0.0}]}
        report["missing_by"] = {HOSTILE: [{"value": HOSTILE, "missing": 9, "of": 10}]}
        report["findings"] = [{"source": HOSTILE, "level": "high", "message": HOSTILE, "fix": HOSTILE}]
        report["database"]["statements"][HOSTILE] = {"times": 1, "seconds": 1.0, "slowest": 1.0, "rows": 1}
        with transaction(store) as connection:
            connection.execute(update(check_runs).where(check_runs.c.id == run.id).values(report=json.dumps(report)))
    with transaction(store) as connection:
        moments = {"done_at": now, "first_seen_at": now}
        connection.execute(insert(open_gaps).values(rule_id="task-outputs", task_key=HOSTILE, **moments))
        observation = seen("h", now - timedelta(minutes=2), rule="task-outputs", summary=HOSTILE)
        ingest(connection, settings, [observation], now)
        alert = find_alerts(connection)[0]
        take_on(connection, settings, alert.id, HOSTILE, now, note=HOSTILE)
        silence(connection, settings, {"service": HOSTILE}, HOSTILE, HOSTILE, now, stretch=Stretch(length="2h"))
    details = {HOSTILE: HOSTILE}
    event = an_event(message=HOSTILE, details=details, service="crm", level="error")
    answer = place.api.post(EVENTS, json=event)
    assert answer.status_code == 202, answer.text


def test_no_page_runs_what_others_wrote(place: Measured) -> None:
    poison(place)
    browser = Browser(place.api)
    visited: set[str] = set()
    for path in (*PAGES, "/alerts?state=all"):
        page = browser.see(path)
        harmless(page)
        visited |= {link for link in page.links() if link.startswith(("/runs/", "/alerts/"))}
    assert len(visited) >= 4
    for path in visited:
        harmless(browser.see(path))
    assert "onerror=alert(2)" in browser.see("/events").text  # it is there, as text


def test_no_repair_runs_what_a_provider_wrote(place: Measured) -> None:
    run = Studio(place.resources, Shelf()).plan(dry_run=True)
    with transaction(place.resources.primary) as connection:
        mine = repair_items.c.run_id == run.id
        values = {"outcome_detail": HOSTILE[:60], "provider_task_id": HOSTILE[:60]}
        connection.execute(update(repair_items).where(mine).values(values))
        named = {"created_by": HOSTILE, "needs_approval": HOSTILE, "plan_notes": json.dumps([HOSTILE])}
        connection.execute(update(repair_runs).where(repair_runs.c.id == run.id).values(named))
    browser = Browser(place.api)
    for path in ("/repairs", f"/repairs/{run.id}", "/"):
        harmless(browser.see(path))


@pytest.mark.parametrize(
    "path",
    [
        "/events?service=%3Cscript%3Ealert(1)%3C/script%3E&type=%22%3E%3Cimg%20src=x%3E",
        "/runs?since=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/report?start_date=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/?rule=%3Cscript%3Ealert(1)%3C/script%3E",
        "/repairs?task_ids=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/%3Cscript%3Ealert(1)%3C/script%3E",
        "/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/missing?rule=%0d%0aSet-Cookie:x=y",
    ],
)
def test_what_stands_in_an_address_is_text(place: Measured, path: str) -> None:
    answer = Browser(place.api).session.get(place.api.url + path)
    assert answer.status_code < 500
    assert "x=y" not in answer.headers.get("set-cookie", "")
    harmless(Page(answer))
