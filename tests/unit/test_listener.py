"""The socket of the API."""

import socket

import pytest

from cli.listener import address_of, listening
from cli.up.ports import LOCALHOST
from consistency.errors import ReconcileryError


def test_no_part_of_an_answer_waits_for_the_other_side_to_confirm_the_part_before() -> None:
    with listening(LOCALHOST, 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_told_with_its_way_out() -> None:
    with listening(LOCALHOST, 0) as listener:
        port = listener.getsockname()[1]
        with (
            pytest.raises(ReconcileryError, match=f":{port}: Address already in use; choose another"),
            listening(LOCALHOST, port),
        ):
            pass


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "http://127.0.0.1:5000"), ("::1", "http://[::1]:5000")])
def test_an_address_is_as_a_browser_takes_it(host: str, address: str) -> None:
    assert address_of(host, 5000) == address
