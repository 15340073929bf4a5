"""What a repair is about, and when two of them are about the same."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Integer, String, Uuid

from compensation.plans.scopes import MOST_IDS, Scope, live_key, named_ids
from consistency.errors import BadRequest
from consistency.model import Window
from tests.factories.bound import bound_rule

WINDOW = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
LATER = Window(WINDOW.start, datetime(2026, 3, 5, tzinfo=UTC))


@pytest.mark.parametrize("scope", [Scope(WINDOW), Scope(ids=("3", "1"))])
def test_a_scope_comes_back_from_the_ledger(scope: Scope) -> None:
    assert Scope.from_dict({**scope.as_dict(), "key": "whatever"}) == scope


#: Two scopes with their dates as typed, and whether live runs of both are one.
KEYS: list[tuple[tuple[Scope, str | None, str | None], tuple[Scope, str | None, str | None], bool]] = [
    ((Scope(ids=("1", "2")), None, None), (Scope(ids=("2", "1")), None, None), True),
    ((Scope(ids=("1", "2")), None, None), (Scope(ids=("1",)), None, None), False),
    ((Scope(ids=("1,2",)), None, None), (Scope(ids=("1", "2")), None, None), False),
    # An open end moves with the clock, and is still one scope.
    ((Scope(WINDOW), None, None), (Scope(LATER), None, None), True),
    ((Scope(WINDOW), "now-3d", None), (Scope(LATER), "now-3d", None), True),
    ((Scope(WINDOW), "now-3d", None), (Scope(WINDOW), "now-2d", None), False),
    ((Scope(WINDOW), "a", None), (Scope(WINDOW), None, "a"), False),
    ((Scope(WINDOW), None, None), (Scope(ids=("1",)), None, None), False),
]


@pytest.mark.parametrize(("one", "other", "same"), KEYS)
def test_live_runs_of_one_scope_are_one(one: Any, other: Any, same: bool) -> None:  # noqa: FBT001 - a table
    assert (live_key("r", *one) == live_key("r", *other)) is same
    assert live_key("r", *one) != live_key("s", *one)
    assert len(live_key("r" * 64, *one)) <= 200


SOME = str(UUID(int=2**127))

#: The key's type, what was given, and the ids.
FITS: list[tuple[Any, list[str], tuple[str, ...]]] = [
    (Integer(), ["3", " 1 ", "", "3", "+3", "03", "-0"], ("3", "1", "0")),
    (Integer(), ["-5", str(2**63 - 1)], ("-5", str(2**63 - 1))),
    (String(9), [" a", "A", "a", "b c"], ("a", "A", "b c")),
    (String(9), ["007", "7"], ("007", "7")),
    (Uuid(), [SOME.upper(), SOME, UUID(SOME).hex, f"{{{SOME}}}"], (SOME,)),
]


@pytest.mark.parametrize(("kind", "given", "ids"), FITS)
def test_ids_are_each_named_once_as_the_database_spells_them(kind: Any, given: list[str], ids: tuple[str, ...]) -> None:
    assert named_ids(bound_rule(job_key=kind), given, "ids") == ids


WRONG: list[tuple[Any, list[str], str]] = [
    (Integer(), [], "ids: no ids are given; name some"),
    (Integer(), ["", " "], "ids: no ids are given"),
    (Integer(), ["1", "x" * 99], f"ids: '{'x' * 60}' cannot be a jobs.id"),
    (Integer(), ["1.0"], r"ids: '1.0' cannot be a jobs.id \(INTEGER\)"),
    (Integer(), ["1_0"], "'1_0' cannot be"),
    (Integer(), ["١"], "cannot be"),  # noqa: RUF001 - a digit of another script
    (Integer(), [str(2**63)], "cannot be"),
    (Integer(), ["9" * 5000], "cannot be"),
    (String(9), ["a\x00"], "cannot be"),
    (Uuid(), ["7"], "'7' cannot be"),
    (Integer(), ["1"] * (MOST_IDS + 1), f"ids: {MOST_IDS + 1} ids are more than {MOST_IDS}; use dates"),
]


@pytest.mark.parametrize(("kind", "given", "said"), WRONG)
def test_what_cannot_be_an_id_is_told(kind: Any, given: list[str], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        named_ids(bound_rule(job_key=kind), given, "ids")


def test_a_scope_in_words() -> None:
    assert Scope(ids=("1", "2")).words() == "2 named tasks"
    assert Scope(WINDOW).words() == "tasks that finished from 2026-03-01T00:00:00Z to 2026-03-04T05:06:07Z"
