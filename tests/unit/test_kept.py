"""Values that are made once for all who ask within some seconds."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.page.kept import Kept


def test_a_value_is_made_once_also_for_many_who_ask_at_the_same_time() -> None:
    kept, made, begun = Kept(60), [], threading.Barrier(8)

    def make() -> int:
        made.append(1)
        return len(made)

    def ask() -> int:
        begun.wait()
        found: int = kept.get("key", None, make)
        return found

    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(ask) for _ in range(8)]]
    assert (answers, made) == ([1] * 8, [1])
    assert kept.get("other", None, make) == 2


def test_a_value_that_is_too_old_is_made_anew() -> None:
    kept, numbers = Kept(0), iter(range(9))
    assert [kept.get("key", None, lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_a_value_is_made_anew_when_something_else_is_known() -> None:
    kept, numbers = Kept(60), iter(range(9))
    assert [kept.get("key", known, lambda: next(numbers)) for known in "aabba"] == [0, 0, 1, 1, 2]


def test_an_error_is_kept_for_nobody() -> None:
    kept = Kept(60)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", None, lambda: 1 // 0)
    assert kept.get("key", None, lambda: 5) == 5


def test_what_was_put_there_is_found_while_the_same_is_known() -> None:
    kept = Kept(60)
    assert kept.age("key", "a") == float("inf")
    kept.put("key", "a", 1)
    assert 0 <= kept.age("key", "a") < 60
    assert kept.age("key", "b") == float("inf")
    assert [kept.get("key", known, lambda: 2) for known in "ab"] == [1, 2]


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    kept, made = Kept(60), []
    for number in [*range(300), 0]:
        kept.get(number, None, lambda number=number: made.append(number))  # type: ignore[misc]
    assert made.count(0) == 2
    kept.get(299, None, lambda: made.append(299))
    assert made.count(299) == 1


def test_what_is_good_can_be_seen_without_making_it() -> None:
    kept = Kept(60)
    assert kept.peek("key", "a") is None
    kept.get("key", "a", lambda: "made")
    assert kept.peek("key", "a") == "made"
    assert kept.peek("key", "b") is None
    old = Kept(-1)
    old.put("key", "a", "made")
    assert old.peek("key", "a") is None
