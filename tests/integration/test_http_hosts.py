"""Under a foreign name nothing is answered, and a page of somebody else changes nothing."""

from collections.abc import Iterator

import pytest

from tests.factories.front_door import EVENTS, an_event, front_door, problem_of, raw
from tests.servers.api import Api


@pytest.fixture
def api(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url) as found:
        yield found


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "["])
def test_under_a_foreign_name_nothing_is_answered(api: Api, host: str) -> None:
    problem_of(api.get(EVENTS, headers={"Host": host}), 421)


@pytest.mark.parametrize("host", ["localhost", "localhost:99", "LocalHost", "[::1]:5000", "127.0.0.1", "door.example"])
def test_this_machines_own_names_and_the_public_one_are_answered(sqlite_url: str, host: str) -> None:
    with front_door(sqlite_url, public_url="https://door.example/monitoring") as api:
        assert api.get(EVENTS, headers={"Host": host}).status_code == 200


def test_a_missing_host_is_refused(api: Api) -> None:
    assert b" 400 " in raw(api, b"GET /livez HTTP/1.1\r\n\r\n").splitlines()[0]
    assert b" 421 " in raw(api, b"GET /livez HTTP/1.0\r\n\r\n").splitlines()[0]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "["}])
def test_a_page_of_another_site_changes_nothing(api: Api, headers: dict[str, str]) -> None:
    problem_of(api.post(EVENTS, json=an_event(), headers=headers), 403)
    problem_of(api.post(EVENTS, json=an_event(), headers={"Sec-Fetch-Site": "cross-site"}), 403)
    assert api.get(EVENTS).json()["events"] == []


def test_an_own_page_may_post(api: Api) -> None:
    own = {"Origin": api.url, "Sec-Fetch-Site": "same-origin"}
    assert api.post(EVENTS, json=an_event(), headers=own).status_code == 202


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://door.example", 202),
        ("https://door.example:443", 202),
        ("http://door.example", 403),
        ("https://door.example:8443", 403),
        ("https://door.example:nine", 403),
    ],
)
def test_behind_a_proxy_only_pages_of_the_very_public_address_may_post(
    sqlite_url: str, origin: str, status: int
) -> None:
    with front_door(sqlite_url, public_url="https://door.example/monitoring") as api:
        assert api.post(EVENTS, json=an_event(), headers={"Origin": origin}).status_code == status
