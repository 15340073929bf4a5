"""Whoever publishes a message can write anything into it."""

from typing import Any

import pytest

from consistency.errors import BadRequest
from consistency.task_arguments import check_arguments


def bound(name: str, dates: list | str | None = None, number: int | None = None, *, dry: bool = False) -> None:  # type: ignore[type-arg]
    """Something that a worker does."""


def nothing() -> None:
    """Takes no arguments."""


FITS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("x",), {}),
    ((), {"name": "x"}),
    (("x", ["a"], 5), {"dry": True}),
    ((), {"name": "", "dates": "a,b", "number": None}),
    ((), {"name": "x", "dates": [{}], "number": -1}),
]


@pytest.mark.parametrize(("args", "kwargs"), FITS)
def test_what_fits_is_let_through(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    check_arguments("t", bound, args, kwargs)


WRONG: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    ((), {}, "t: missing a required argument: 'name'; it takes name, dates, number, dry"),
    ((), {"name": "x", "nmae": 1}, "t: got an unexpected keyword argument 'nmae'; it takes name"),
    (("x", [], 5, True), {}, "t: too many positional arguments; it takes name"),
    (("x",), {"name": "y"}, "t: multiple values for argument 'name'"),
    ((5,), {}, "t: name must be text, not '5'"),
    ((None,), {}, "t: name must be text, not 'None'"),
    (("x",), {"dates": {"$gt": ""}}, r"t: dates must be a list or text, not \"{'\$gt': ''}\""),
    (("x",), {"dates": 5}, "t: dates must be a list or text, not '5'"),
    (("x",), {"number": "5"}, "t: number must be a whole number, not '5'"),
    (("x",), {"number": 5.0}, "t: number must be a whole number, not '5.0'"),
    (("x",), {"number": True}, "t: number must be a whole number, not 'True'"),
    (("x",), {"dry": 1}, "t: dry must be true or false, not '1'"),
    (("x",), {"dry": None}, "t: dry must be true or false, not 'None'"),
    (("x",), {"number": "z" * 5000}, f"t: number must be a whole number, not '{'z' * 40}'$"),
    (("x",), {"number": "a\nb"}, r"not 'a\\nb'"),
]


@pytest.mark.parametrize(("args", "kwargs", "said"), WRONG)
def test_what_does_not_fit_is_told_in_one_line(args: tuple[Any, ...], kwargs: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequest, match=said) as caught:
        check_arguments("t", bound, args, kwargs)
    assert "\n" not in str(caught.value)


def test_a_task_without_arguments_says_so() -> None:
    with pytest.raises(BadRequest, match="it takes no arguments"):
        check_arguments("t", nothing, (), {"x": 1})


def test_beats_own_argument_is_not_offered() -> None:
    def check(rule: str | None = None, *, scheduled: bool = False) -> None:
        """For beat."""

    with pytest.raises(BadRequest, match=r"it takes rule$"):
        check_arguments("t", check, (), {"x": 1})
