"""The description of the API holds: what it allows and what it forbids is sent, and gets the answers that it knows."""

import re
from collections.abc import Iterator

import pytest

from tests.factories.described import described, hold
from tests.factories.front_door import front_door, token_entry
from tests.servers.api import Api

OPERATE, MAY_OPERATE = token_entry()
OURS = re.compile(r"/(events|events-status|(sync|cleanup|migration)-metrics|livez)$")


@pytest.fixture
def api(postgres_url: str) -> Iterator[Api]:
    with front_door(postgres_url, api_tokens=[MAY_OPERATE]) as found:
        yield found


def send(api: Api, count: int) -> None:
    ours = described(api.url, OURS)
    assert len(ours) >= 7
    hold(api.url, ours, count, {"Authorization": f"Bearer {OPERATE}"})


def test_no_request_gets_an_answer_that_is_not_described(api: Api) -> None:
    send(api, 100)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_no_request_of_thousands_does(api: Api) -> None:
    send(api, 2000)
