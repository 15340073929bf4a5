"""What stands in the address of a page: its own parameters hold or are named, all others are nobody's business."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from consistency.model import parse_utc, utc_text
from tests.factories.browsing import PAGES, Browser
from tests.factories.front_door import front_door, problem_of
from tests.servers.api import Api

FILES = ("/report.json", "/report.md", "/report.html")


@pytest.fixture
def api(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url) as found:
        yield found


def window(api: Api, query: str) -> dict[str, datetime]:
    answer = api.get(f"/report.json?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["window"]
    return {name: parse_utc(text) for name, text in found.items()}


@pytest.mark.parametrize("names", [("start_date", "end_date"), ("from", "to"), ("start_date", "to")])
def test_a_report_takes_its_window_by_either_name(api: Api, names: tuple[str, str]) -> None:
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    start = end - timedelta(hours=6)
    query = f"{names[0]}={utc_text(start)}&{names[1]}={utc_text(end)}"
    assert window(api, query) == {"start": start, "end": end}
    links = Browser(api).see(f"/report?{query}").links()
    asked = f"start_date={quote(utc_text(start))}&end_date={quote(utc_text(end))}"
    assert {f"{path}?{asked}" for path in FILES} <= links


def test_an_end_that_is_a_date_includes_that_day(api: Api) -> None:
    day = datetime.now(UTC).date() - timedelta(days=3)
    found = window(api, f"from={day}&to={day}")
    assert (found["start"].date(), found["end"] - found["start"]) == (day, timedelta(days=1))


@pytest.mark.parametrize("path", ["/report", *FILES])
@pytest.mark.parametrize(
    ("query", "name", "said"),
    [
        ("from=soon", "from", "'soon' is no date"),
        ("to=soon", "to", "'soon' is no date"),
        ("start_date=soon", "start_date", "'soon' is no date"),
        ("from=now-1h&to=now-2h", "to", "lies before the start"),
        ("from=1970-01-01", "from", "a report covers at most 400 days"),
        ("from=now-1h&start_date=now-2h", "from", "cannot be combined with start_date; give one of them"),
        ("to=now-1h&end_date=now-1h", "to", "cannot be combined with end_date; give one of them"),
        ("rule=nope", "rule", "there is no rule"),
    ],
)
def test_a_wrong_window_is_named_as_it_was_typed(api: Api, path: str, query: str, name: str, said: str) -> None:
    (error,) = problem_of(api.get(f"{path}?{query}"), 422)["errors"]
    assert (error["parameter"], said in error["detail"]) == (name, True)
    assert f"{name}: " in Browser(api).see(f"{path}?{query}", 422).text


#: The address of a page, and its parameter that is wrong.
WRONG = [
    ("/?range=3y", "range"),
    ("/?rule=nope", "rule"),
    ("/missing?rule=nope", "rule"),
    ("/missing?cursor=x", "cursor"),
    ("/missing.csv?rule=nope", "rule"),
    ("/repairs?rule=nope", "rule"),
    ("/repairs?cursor=x", "cursor"),
    ("/alerts?state=odd", "state"),
    ("/alerts?level=loud", "level"),
    ("/alerts?cursor=x", "cursor"),
    ("/runs?type=weekly", "type"),
    ("/runs?since=soon", "since"),
    ("/runs?until=2026-02-30", "until"),
    ("/runs?cursor=x", "cursor"),
    ("/events?type=sync_sucess", "type"),
    ("/events?level=loud", "level"),
    ("/events?service=%3Cx", "service"),
    ("/events?since=soon", "since"),
    ("/events?since=now-1h&until=now-2h", "until"),
    ("/events?cursor=x", "cursor"),
]


@pytest.mark.parametrize(("address", "name"), WRONG)
def test_a_wrong_parameter_of_a_page_is_named_on_a_page(api: Api, address: str, name: str) -> None:
    page = Browser(api).see(address, 422)
    assert page.answer.headers["content-type"].startswith("text/html")
    assert f"{name}: " in page.text
    assert [each["parameter"] for each in problem_of(api.get(address), 422)["errors"]] == [name]


@pytest.mark.parametrize("path", [*PAGES, *FILES, "/login"])
def test_what_others_add_to_an_address_is_ignored(api: Api, path: str) -> None:
    Browser(api).see(f"{path}{'&' if '?' in path else '?'}utm_source=letter&fbclid=1")
