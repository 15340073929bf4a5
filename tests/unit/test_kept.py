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
        found: int = kept.get("key", make)
        return found

    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(ask) for _ in range(8)]]
    assert (answers, made) == ([1] * 8, [1])
    assert kept.get("other", make) == 2


def test_a_value_that_is_too_old_is_made_anew() -> None:
    kept, numbers = Kept(0), iter(range(9))
    assert [kept.get("key", lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_an_error_is_kept_for_nobody() -> None:
    kept = Kept(60)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 // 0)
    assert kept.get("key", lambda: 5) == 5


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    kept, made = Kept(60), []
    for number in [*range(100), 0]:
        kept.get(number, lambda number=number: made.append(number))  # type: ignore[misc]
    assert made.count(0) == 2
    kept.get(99, lambda: made.append(99))
    assert made.count(99) == 1
