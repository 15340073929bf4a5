"""Cursors are opaque and hold; whatever is none is told as such."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.cursors import read_cursor, write_cursor
from api.http.problems import Problem

TEXTS = st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=3)


@given(TEXTS)
def test_a_cursor_leads_back_to_where_it_was_made(place: list[str]) -> None:
    cursor = write_cursor("events", *place)
    assert cursor.isascii()
    assert read_cursor("events", cursor, len(place)) == place


def test_without_a_cursor_a_list_begins_at_its_beginning() -> None:
    assert read_cursor("events", "", 2) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "====",
        "é",
        "\x00",
        "a" * 999,
        write_cursor("alerts", "a", "b"),
        write_cursor("events", "a"),
        write_cursor("events", "a", "b", "c"),
        *(base64.urlsafe_b64encode(text).decode() for text in (b"{}", b"[]", b"null", b'["events",1,2]', b"[" * 700)),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_what_is_no_cursor_of_this_list_is_a_wrong_parameter(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        read_cursor("events", cursor, 2)
    assert caught.value.status == 422
    assert caught.value.errors == [{"parameter": "cursor", "detail": caught.value.errors[0]["detail"]}]
