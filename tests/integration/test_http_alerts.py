"""Alerts and silences over HTTP: what fires, who was told, and a person's word."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from consistency.database import transaction
from consistency.ledger.delivery_tables import deliveries, notification_groups
from consistency.model import Level
from notifiers.alerts.alert import Alert
from notifiers.alerts.handling import find_alerts
from notifiers.alerts.ingest import ingest
from notifiers.telling import tell_due
from tests.factories.front_door import problem_of, token_entry
from tests.factories.measured import BASE, Measured, measured
from tests.factories.observing import seen
from tests.servers.api import Api

OPERATE, MAY_OPERATE = token_entry("ann")
READ, MAY_READ = token_entry("dashboard", "read")
CHANNELS = {"inbox": {"kind": "console"}, "pager": {"kind": "console"}}
IN_MATCHERS = {"rule": "matchers/rule", "alert": "matchers/alert"}
HTML = "<script>alert(1)</script>"


@pytest.fixture
def everywhere(database_url: str) -> Iterator[Measured]:
    with measured(database_url, number=0, channels=CHANNELS, api_tokens=[MAY_OPERATE, MAY_READ]) as found:
        yield as_ann(found)


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Measured]:
    with measured(sqlite_url, number=0, channels=CHANNELS, api_tokens=[MAY_OPERATE, MAY_READ]) as found:
        yield as_ann(found)


def as_ann(found: Measured, token: str = OPERATE) -> Measured:
    return Measured(Api(found.api.url, found.api.app, token), found.resources)


def fire(place: Measured, *rules: str, **changes: Any) -> list[Alert]:
    """An alert for each of the rules, one after the other."""
    for number, rule in enumerate(rules):
        now = place.now() - timedelta(minutes=len(rules) - number)
        with transaction(place.resources.store) as connection:
            ingest(connection, place.resources.settings, [seen("h", now, rule=rule, **changes)], now)
    with transaction(place.resources.store) as connection:
        return find_alerts(connection)


def tell(place: Measured) -> None:
    """Decide what is to be told, as if all waiting were over."""
    then = place.now() - timedelta(hours=1)
    with transaction(place.resources.store) as connection:
        connection.execute(update(notification_groups).values(flush_at=then))
    assert tell_due(place.resources)


def test_alerts_are_listed_by_pages_newest_first(everywhere: Measured) -> None:
    fire(everywhere, "a", "b", "c")
    pages = everywhere.pages("/alerts", "alerts", limit=2)
    assert [[alert["rule"] for alert in page] for page in pages] == [["c", "b"], ["a"]]
    first = pages[0][0]
    assert (first["state"], first["level"], first["stands"]) == ("firing", "high", "firing")
    assert first["id"].startswith(first["short_id"])


def test_a_pending_alert_has_been_seen(here: Measured) -> None:
    fire(here, "a", level=Level.MEDIUM, bad_needed=2)
    (alert,) = here.get("/alerts")["alerts"]
    assert (alert["state"], alert["seen"]) == ("pending", 1)


def test_alerts_are_chosen_by_state_level_rule_and_time(here: Measured) -> None:
    fire(here, "a", "b")

    def rules(**chosen: Any) -> list[str]:
        return [alert["rule"] for alert in here.get("/alerts", **chosen)["alerts"]]

    assert rules(state="firing") == rules(live=True) == rules(level="high") == ["b", "a"]
    assert rules(state=["resolved", "pending"]) == rules(level="low") == []
    assert rules(rule="a") == ["a"]
    assert rules(since="now-90s") == ["b"]


def test_an_alert_is_shown_with_its_history_and_who_was_told(everywhere: Measured) -> None:
    (alert,) = fire(everywhere, "a", summary=HTML)
    tell(everywhere)
    why = {"state": "dead", "ended_because": "the server said 500", "finished_at": everywhere.now()}
    with transaction(everywhere.resources.store) as connection:
        connection.execute(update(deliveries).where(deliveries.c.channel == "pager").values(why))
    found = everywhere.get(f"/alerts/{alert.id}")
    assert (found["id"], found["summary"]) == (alert.id, HTML)
    assert [(each["channel"], each["state"], each["why"]) for each in found["channels"]] == [
        ("inbox", "queued", None),
        ("pager", "dead", "the server said 500"),
    ]
    assert len(found["deliveries"]) == 2
    assert [change["change"] for change in found["history"]] == ["fired"]
    assert everywhere.get(f"/alerts/{alert.id[:8]}")["id"] == alert.id


def test_a_person_takes_an_alert_on_and_is_named_by_the_token(everywhere: Measured) -> None:
    (alert,) = fire(everywhere, "a")
    answer = everywhere.api.post(f"{BASE}/alerts/{alert.id}/ack", json={"for": "2h", "note": f"on it {HTML}"})
    taken = answer.json()["alert"]
    assert (answer.status_code, taken["acked_by"], taken["ack_note"]) == (200, "ann", f"on it {HTML}")
    assert everywhere.get("/alerts")["alerts"][0]["stands"].startswith("firing, taken by ann")
    over = everywhere.api.post(f"{BASE}/alerts/{alert.id}/resolve", json={"note": "was a test"}).json()["alert"]
    assert (over["state"], over["resolved_by"]) == ("resolved", "ann")
    pages = everywhere.pages(f"/alerts/{alert.id}/history", "changes", limit=2)
    assert [[(each["change"], each["actor"]) for each in page] for page in pages] == [
        [("resolved", "ann"), ("acknowledged", "ann")],
        [("fired", "reconcilery")],
    ]
    assert everywhere.get("/alerts/history")["changes"][0]["change"] == "resolved"


def test_an_alert_is_taken_on_without_a_word(here: Measured) -> None:
    (alert,) = fire(here, "a")
    assert here.api.post(f"{BASE}/alerts/{alert.id}/ack").status_code == 200


def test_what_is_over_cannot_be_taken_on(here: Measured) -> None:
    (alert,) = fire(here, "a")
    assert here.api.post(f"{BASE}/alerts/{alert.id}/resolve").status_code == 200
    for act in ("ack", "resolve"):
        problem = problem_of(here.api.post(f"{BASE}/alerts/{alert.id}/{act}"), 409)
        assert "only a firing alert can be" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"for": "soon"}, "for: "),
        ({"for": "0s"}, "for: 0s must be longer than 0"),
        ({"until": "2001-01-01"}, "until: 2001-01-01T00:00:00Z is over already"),
        ({"until": "never"}, "until: 'never' is no date"),
        ({"for": "1h", "until": "now"}, "for: cannot be combined with until"),
        ({"note": "x" * 501}, "note: has 501 characters"),
        ({"length": "1h"}, "/length: it is not known here"),
    ],
)
def test_a_wrong_acknowledgement_is_refused(here: Measured, body: dict[str, Any], said: str) -> None:
    (alert,) = fire(here, "a")
    problem = problem_of(here.api.post(f"{BASE}/alerts/{alert.id}/ack", json=body), 422)
    assert problem["detail"].startswith(said)
    assert [each["pointer"] for each in problem["errors"]] == ["/" + said.partition(":")[0].lstrip("/")]


@pytest.mark.parametrize("alert_id", ["00000000-0000-0000-0000-000000000000", "x", "ab", "%00%00%00%00", "a" * 300])
def test_an_unknown_alert_is_not_found(here: Measured, alert_id: str) -> None:
    for path in (alert_id, f"{alert_id}/history"):
        problem_of(here.api.get(f"{BASE}/alerts/{path}"), 404)
    problem_of(here.api.post(f"{BASE}/alerts/{alert_id}/ack", json={}), 404)


def test_a_reading_token_may_not_act(here: Measured) -> None:
    (alert,) = fire(here, "a")
    reader = as_ann(here, READ).api
    assert reader.get(f"{BASE}/alerts").status_code == 200
    for path in (f"alerts/{alert.id}/ack", f"alerts/{alert.id}/resolve", "silences"):
        problem_of(reader.post(f"{BASE}/{path}", json={}), 403)
    problem_of(reader.ask("DELETE", f"{BASE}/silences/x"), 403)
    problem_of(as_ann(here, "").api.get(f"{BASE}/alerts"), 401)


def test_a_silence_is_made_listed_and_ended(everywhere: Measured) -> None:
    fire(everywhere, "task-outputs")
    body = {"matchers": {"rule": "task-outputs"}, "for": "2h", "reason": "provider migrates"}
    answer = everywhere.api.post(f"{BASE}/silences", json=body)
    made = answer.json()
    assert (answer.status_code, made["fits"], made["silence"]["author"]) == (201, 1, "ann")
    silence_id = made["silence"]["id"]
    (listed,) = everywhere.get("/silences")["silences"]
    assert (listed["id"], listed["state"], listed["matchers"]) == (silence_id, "holds", {"rule": "task-outputs"})
    ended = everywhere.api.ask("DELETE", f"{BASE}/silences/{silence_id}")
    assert (ended.status_code, ended.json()["silence"]["ended_by"]) == (200, "ann")
    assert everywhere.get("/silences")["silences"] == []
    assert [each["state"] for each in everywhere.get("/silences", all=True)["silences"]] == ["over"]
    problem_of(everywhere.api.ask("DELETE", f"{BASE}/silences/{silence_id}"), 409)
    problem_of(everywhere.api.ask("DELETE", f"{BASE}/silences/nope"), 404)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"for": ""}, "for: a silence needs an end"),
        ({"reason": " "}, "reason: is empty"),
        ({"matchers": {}}, "matchers: name what is to be silent"),
        ({"matchers": {"rul": "x"}}, "matchers: there is no 'rul'; did you mean rule?"),
        ({"matchers": {"rule": "task-output"}}, "rule: nothing is called 'task-output'"),
        ({"matchers": {"alert": "ffff"}}, "alert: there is no alert ffff"),
        ({"matchers": ["rule"]}, "/matchers: "),
        ({"from": "someday"}, "from: 'someday' is no date"),
        ({"until": "now-1h", "for": ""}, "until: "),
        ({"until": "2099-01-01", "for": "", "from": "2099-01-02"}, "until: 2099-01-01T00:00:00Z is not after the"),
    ],
)
def test_a_wrong_silence_is_refused(here: Measured, changes: dict[str, Any], said: str) -> None:
    body = {"matchers": {"rule": "task-outputs"}, "for": "2h", "reason": "provider migrates", **changes}
    problem = problem_of(here.api.post(f"{BASE}/silences", json=body), 422)
    assert problem["detail"].startswith(said)
    name = said.partition(":")[0].lstrip("/")
    assert [each["pointer"] for each in problem["errors"]] == [f"/{IN_MATCHERS.get(name, name)}"]
    assert here.get("/silences", all=True)["silences"] == []
