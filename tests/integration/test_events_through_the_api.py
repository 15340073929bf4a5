"""From the HTTP way out through the real API into the ledger, and back as refusals."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from monitoring.transports.http import HttpTransport
from monitoring.transports.transport import Unreachable
from tests.factories.front_door import front_door, token_entry
from tests.factories.travelling import arrived, ids_of, on_its_way, several

TOKEN, ENTRY = token_entry()
READER, READER_ENTRY = token_entry("bob", "read")
SPAN = timedelta(seconds=30)


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    with front_door(database_url, api_tokens=[ENTRY, READER_ENTRY]) as api:
        yield api.url


@pytest.fixture
def transport(url: str) -> Iterator[HttpTransport]:
    opened = HttpTransport(url, TOKEN, SPAN)
    yield opened
    opened.close()


def test_events_are_kept_once_and_byte_for_byte(engine: Engine, transport: HttpTransport) -> None:
    transport.probe()
    assert transport.send(several(600)) == []
    assert transport.send(several(100, first=550)) == []
    assert arrived(engine) == {each.id: each.body.decode() for each in several(650)}


def test_large_batches_fit_through(engine: Engine, transport: HttpTransport) -> None:
    events = several(40, details={"log": "行" * 20_000})
    assert transport.send(events) == []
    assert set(arrived(engine)) == ids_of(events)


def test_a_type_that_the_api_does_not_know_is_refused_alone(engine: Engine, transport: HttpTransport) -> None:
    odd = on_its_way(3)._replace(body=on_its_way(3).body.replace(b"sync_success", b"disk_swapped"))
    (refused,) = transport.send([*several(3), odd, *several(3, first=4)])
    assert refused.event is odd
    assert refused.reason.startswith("/3/event_type: ")
    assert set(arrived(engine)) == ids_of(several(7)) - {odd.id}


@pytest.mark.parametrize(
    ("token", "said"),
    [("", "EVENTS_TOKEN"), ("nonsense", "EVENTS_TOKEN"), (READER, "operate")],
    ids=["none", "nonsense", "reader"],
)
def test_a_token_that_may_not_send_makes_events_wait(url: str, token: str, said: str) -> None:
    transport = HttpTransport(url, token, SPAN)
    with pytest.raises(Unreachable, match=said):
        transport.send(several(1))
    with pytest.raises(Unreachable, match=said):
        transport.probe()
    transport.close()
