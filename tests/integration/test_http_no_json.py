"""A body that is not declared as JSON: the answer has the line of curl that works."""

import shlex
from collections.abc import Iterator

import pytest

from tests.factories.front_door import EVENTS, front_door, problem_of
from tests.servers.api import Api

CURL = "curl -X POST {url} -H 'Content-Type: application/json' -d '{{\"type\":\"quick\"}}'"


@pytest.fixture
def api(sqlite_url: str) -> Iterator[Api]:
    with front_door(sqlite_url) as found:
        yield found


def test_a_body_without_its_type_gets_the_line_of_curl_that_works(api: Api) -> None:
    line = CURL.format(url=api.url + EVENTS)
    for kind in ("application/x-www-form-urlencoded", "text/plain", "", "application/jsonp", "multipart/form-data"):
        answer = api.post(EVENTS, data=b'{"type":"quick"}', headers={"Content-Type": kind})
        assert problem_of(answer, 415)["detail"].endswith(f"try: {line}")


def test_the_line_of_curl_has_a_place_for_the_token_but_not_the_token(api: Api) -> None:
    secret = {"Content-Type": "text/plain", "Authorization": "Bearer hush"}
    detail = problem_of(api.post(EVENTS, data=b"{}", headers=secret), 415)["detail"]
    assert "-H 'Authorization: Bearer YOUR_TOKEN' -H 'Content-Type: application/json'" in detail
    assert "hush" not in detail


def test_the_line_of_curl_cannot_be_led_to_do_more(api: Api) -> None:
    sent = b"""{"a":"'; rm -rf ~; echo '"}"""
    detail = problem_of(api.post(f"{EVENTS}?a=';reboot;'", data=sent, headers={"Content-Type": "text/plain"}), 415)
    assert """-d '{"a":"'"'"'; rm -rf ~; echo '"'"'"}'""" in detail["detail"]
    for odd in (b'{"a":"\x7f\xc2\x9b"}', b'["%s"]' % (b"x" * 200)):
        answer = api.post(EVENTS, data=odd, headers={"Content-Type": "text/plain"})
        assert problem_of(answer, 415)["detail"].endswith("-d @body.json")


@pytest.mark.parametrize("body", [b"event_type=sync_success&level=info", b"\x1b[2J" * 10, b"\xff", b"7", b"[" * 99_999])
def test_what_is_no_json_is_not_repeated_in_the_line_of_curl_that_works(api: Api, body: bytes) -> None:
    detail = problem_of(api.post(EVENTS, data=body, headers={"Content-Type": "text/plain"}), 415)["detail"]
    *_, flag, example = shlex.split(detail)
    assert flag == "-d"
    assert api.post(EVENTS, data=example, headers={"Content-Type": "application/json"}).status_code == 202


def test_where_nothing_is_required_the_line_of_curl_sends_nothing(api: Api) -> None:
    answer = api.post("/api/monitoring/alerts/1/ack", data=b"for=2h", headers={"Content-Type": "text/plain"})
    assert problem_of(answer, 415)["detail"].endswith("-H 'Content-Type: application/json' -d '{}'")
