"""The badge says what the page says, unless a window is asked for."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from consistency.mapping import DEFAULT_RULE
from consistency.model import CheckType
from tests.factories.lost_morning import KINDS, lost_morning
from tests.factories.measured import BASE, measured

GREEN, GREY, RED = "brightgreen", "lightgrey", "red"


def test_in_the_hour_after_an_incident_it_is_as_red_as_the_page(engine: Engine) -> None:
    with lost_morning(engine, lost_lately=0) as place:
        place.check(*KINDS)
        page, api = place.browser.see("/"), place.browser.api
        assert "57.1 % of the last 24 hours' successful tasks have their output" in page.text
        shown = {
            asked: api.get(f"{BASE}/badge.json{asked}").json()
            for asked in ("", "?window=1h", "?window=24h", "?rule=task-outputs")
        }
        figures = api.get(f"{BASE}/data-consistency/metrics").json()
        assert "57.1 %" in api.get(f"{BASE}/badge.svg").text
    said = {asked: (badge["message"], badge["color"]) for asked, badge in shown.items()}
    left = ("57.1 %", RED)
    assert said == {"": left, "?window=1h": ("100 %", GREEN), "?window=24h": left, "?rule=task-outputs": left}
    assert (figures["type"], figures["health"]) == ("quick", "healthy")


@pytest.mark.parametrize(("rule", "message", "colour"), [("", "never checked", GREY), ("task-outputs", "100 %", GREEN)])
def test_it_is_not_green_while_a_rule_was_never_checked(sqlite_url: str, rule: str, message: str, colour: str) -> None:
    rules = tuple(DEFAULT_RULE.model_copy(update={"id": name}).model_dump() for name in ("task-outputs", "copies"))
    with measured(sqlite_url, number=3, rules=rules) as place:
        place.check()
        badge = place.get("/badge.json", **({"rule": rule} if rule else {}))
    assert (badge["message"], badge["color"]) == (message, colour)


def test_it_is_not_green_while_a_longer_check_is_overdue(sqlite_url: str) -> None:
    with measured(sqlite_url, number=3) as place:
        place.check()
        full = place.check(CheckType.FULL)
        assert place.get("/badge.json")["color"] == GREEN
        place.grow_older(full, timedelta(hours=3))
        badge = place.get("/badge.json")
    assert (badge["message"], badge["color"]) == ("overdue", GREY)


def test_of_an_unknown_rule_there_is_none(sqlite_url: str) -> None:
    with measured(sqlite_url) as place:
        answer = place.api.get(f"{BASE}/badge.json?rule=nobodys")
    assert answer.status_code == 422
    assert "there is no rule 'nobodys'" in answer.json()["detail"]
