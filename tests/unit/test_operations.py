"""Which start belongs to which end, how long that took, and what never ended."""

from datetime import timedelta

import pytest

from monitoring.figures.operations import Operation, deadline, operations_of
from tests.factories.working import BEGIN, signs

#: What happened, as `stage:name@second`; each attempt as `start-end`, `?` where one of them is not known.
PAIRS: list[tuple[str, list[str]]] = [
    ("", []),
    ("start@0 success@9", ["0-9"]),
    ("start@0 failure@9", ["0-9"]),
    ("start:a@0 start:b@1 success:a@2 success:b@3", ["0-2", "1-3"]),  # Names tell them apart,
    ("start@0 start@1 success@2 success@3", ["1-2", "0-3"]),  # and without names the latest ends first.
    ("start@0 start@5 success@9", ["5-9", "0-?"]),  # The first one was broken off.
    ("start@0 success@1 start@5 success@9", ["0-1", "5-9"]),
    ("success@1", ["?-1"]),  # Its start was lost, or lies too long ago.
    ("start:a@0 success:b@1", ["?-1", "0-?"]),  # Different names are different work,
    ("start@0 success:b@1", ["0-1"]),  # but a name may be known only at the end,
    ("start:a@0 failure@1", ["0-1"]),  # or be forgotten there,
    ("start:a@0 start@1 failure@2", ["1-2", "0-?"]),  # where a start without a name fits better.
    ("start:a@0 start:b@1 failure@2 success:a@3", ["1-2", "0-3"]),
    ("start:a@0 start:a@5 success:a@9", ["0-?", "5-9"]),  # It was started anew under its name.
    ("start:a@0 success:a@1 success:a@2", ["0-1", "?-2"]),
    ("start:a@0 start:b@1", ["0-?", "1-?"]),
    ("start@0 success@0 start@0 success@0", ["0-0", "0-0"]),
]


@pytest.mark.parametrize(("happened", "pairs"), PAIRS)
def test_every_end_finds_its_start(happened: str, pairs: list[str]) -> None:
    assert [shown(operation) for operation in operations_of(signs(happened))] == pairs


def test_services_have_nothing_to_do_with_each_other() -> None:
    both = sorted([*signs("start@0 success@9", "one"), *signs("start@1 success@5", "two")], key=lambda sign: sign.at)
    found = {operation.service: shown(operation) for operation in operations_of(both)}
    assert found == {"one": "0-9", "two": "1-5"}


def test_what_was_started_anew_is_known_to_have_no_end() -> None:
    first, second = operations_of(signs("start:a@0 start:a@5"))
    assert (first.again, second.again) == (True, False)


#: What happened; the seconds that it took.
LENGTHS: list[tuple[str, float | None]] = [
    ("start@0 success@9", 9.0),
    ("start@0 success@9=2.5", 2.5),  # Whoever did it knows best.
    ("success@9=2.5", 2.5),
    ("success@9", None),
    ("start@9", None),
]


@pytest.mark.parametrize(("happened", "seconds"), LENGTHS)
def test_how_long_it_took(happened: str, seconds: float | None) -> None:
    (operation,) = operations_of(signs(happened))
    assert operation.seconds == seconds


def test_work_counts_as_broken_off_after_three_times_the_longest_known() -> None:
    assert deadline(None) == timedelta(hours=24)
    assert deadline(timedelta(hours=20)) == timedelta(hours=60)
    assert deadline(timedelta(seconds=2)) == timedelta(minutes=10)


def shown(operation: Operation) -> str:
    ends = (operation.start, operation.end)
    return "-".join(f"{(sign.at - BEGIN).total_seconds():.0f}" if sign else "?" for sign in ends)
