"""Calls of other people's code: what they return or raise, and what becomes of those that do not end."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from notifiers.channels.bounded_calls import BoundedCalls, LeftBehind

PATIENT, SHORT = timedelta(seconds=60), timedelta(milliseconds=50)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a call may wait for; opened at the end, so that no thread is left."""
    found = threading.Event()
    yield found
    found.set()


def raises(error: BaseException) -> None:
    raise error


def test_what_a_call_returns_is_returned() -> None:
    assert BoundedCalls("it").call(lambda: 42, PATIENT) == 42


@pytest.mark.parametrize("error", [ValueError("no"), TimeoutError("its own"), SystemExit(3)])
def test_what_a_call_raises_is_raised(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        BoundedCalls("it").call(lambda: raises(error), PATIENT)
    assert raised.value is error


def test_a_late_call_is_left_behind(gate: threading.Event) -> None:
    with pytest.raises(LeftBehind, match="it took longer than 50ms and was left behind"):
        BoundedCalls("it").call(gate.wait, SHORT)


def test_when_too_many_are_left_behind_no_further_one_begins(gate: threading.Event) -> None:
    calls, begun = BoundedCalls("it", most=2), threading.Semaphore(0)

    def wait() -> None:
        begun.release()
        gate.wait()

    for _ in range(2):
        with pytest.raises(LeftBehind, match="took longer"):
            calls.call(wait, SHORT)
    with pytest.raises(LeftBehind, match="2 calls before this one are still under way"):
        calls.call(begun.release, PATIENT)
    assert begun.acquire(timeout=60)
    assert begun.acquire(timeout=60)
    assert not begun.acquire(blocking=False)


def test_a_call_that_has_ended_makes_room(gate: threading.Event) -> None:
    calls = BoundedCalls("it", most=1)
    assert [calls.call(lambda: 1, PATIENT) for _ in range(3)] == [1, 1, 1]
    with pytest.raises(ValueError, match="no"):
        calls.call(lambda: raises(ValueError("no")), PATIENT)
    assert calls.call(lambda: 1, PATIENT) == 1
