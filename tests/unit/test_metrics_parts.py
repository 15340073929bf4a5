"""A part of the metrics is read seldom, never twice at a time, and again at once after it failed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.metrics_core import Metric

from api.metrics.exposition import Exposition
from api.metrics.families import gauge
from api.metrics.parts import Part

DEADLINE = 30


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as opened:
        yield opened


def shown(exposition: Exposition) -> dict[tuple[str, str], float]:
    found = [sample for family in exposition.collect() if family.type == "gauge" for sample in family.samples]
    return {(each.name, next(iter(each.labels.values()), "")): each.value for each in found}


def sample(number: float) -> list[Metric]:
    return [gauge("x", "X.", (), [((), number)])]


def test_what_was_read_lately_is_good_for_all_who_ask(pool: ThreadPoolExecutor) -> None:
    numbers = iter(range(100))
    part = Part("a", lambda: sample(next(numbers)), kept=3600)
    first = part.ask(pool).result(DEADLINE)
    assert all(part.ask(pool).result(DEADLINE) is first for _ in range(50))
    assert next(numbers) == 1


def test_what_is_old_is_read_anew(pool: ThreadPoolExecutor) -> None:
    part = Part("a", lambda: sample(1), kept=0)
    assert part.ask(pool).result(DEADLINE) is not part.ask(pool).result(DEADLINE)


def test_however_many_ask_it_is_read_once_at_a_time(pool: ThreadPoolExecutor) -> None:
    go_on, read = threading.Event(), list[int]()

    def slow() -> list[Metric]:
        read.append(1)
        assert go_on.wait(DEADLINE)
        return sample(1)

    part = Part("a", slow, kept=0)
    asked = {part.ask(pool) for _ in range(20)}
    go_on.set()
    assert (len(asked), len([each.result(DEADLINE) for each in asked]), len(read)) == (1, 1, 1)


def test_after_a_failure_it_is_tried_again_at_once(pool: ThreadPoolExecutor) -> None:
    numbers = iter(range(2))

    def read() -> list[Metric]:
        if not (number := next(numbers)):
            raise OSError("no")
        return sample(number)

    part = Part("a", read, kept=3600)
    assert isinstance(part.ask(pool).exception(DEADLINE), OSError)
    assert part.ask(pool).result(DEADLINE)[0].samples[0].value == 1


def test_a_part_that_fails_or_hangs_is_down_and_the_others_are_shown() -> None:
    go_on = threading.Event()

    def hang() -> list[Metric]:
        assert go_on.wait(DEADLINE)
        return sample(3)

    def fail() -> list[Metric]:
        raise OSError("no")

    exposition = Exposition({"well": lambda: sample(1), "fails": fail, "hangs": hang}, seconds=0.2)
    first = shown(exposition)
    go_on.set()
    exposition.close()
    assert first == {
        ("reconcilery_up", "well"): 1,
        ("reconcilery_up", "fails"): 0,
        ("reconcilery_up", "hangs"): 0,
        ("reconcilery_x", ""): 1,
    }
