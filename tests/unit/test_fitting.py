from hypothesis import given
from hypothesis import strategies as st

from notifiers.messages.fitting import BLANK, chunks, cut, cut_lines, fit, size

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
LIMITS = st.integers(0, 200)


def more(count: int) -> str:
    return f"and {count} more"


@given(TEXTS, LIMITS)
def test_what_is_cut_fits_and_begins_as_the_text_does(text: str, limit: int) -> None:
    for found in (cut(text, limit), cut_lines(text, limit)):
        assert size(found) <= limit
        assert found == text or text.startswith(found.removesuffix("…").rstrip())


def test_nothing_is_cut_inside_a_character_or_what_is_seen_as_one() -> None:
    assert cut("数据一致", 10) == "数据…"
    assert cut("cafe\u0301s", 8) == "cafe\u0301s"
    assert cut("cafe\u0301s here", 8) == "caf…"
    assert cut("ok &#60;at", 9) == "ok…"


def test_whole_lines_are_kept_while_they_fit() -> None:
    assert cut_lines("first\nsecond\nthird", 17) == "first\nsecond\n…"
    assert cut_lines("a very long first line\nsecond", 10) == "a very…"


def test_blocks_are_whole_and_what_is_left_out_is_counted() -> None:
    blocks = [f"block {number}" for number in range(10)]
    found = fit(["lead"], blocks, ["tail"], limit=45, beyond=490, more=more)
    assert found == ("lead", "block 0", "block 1", "and 498 more", "tail")
    assert fit([], blocks, [], limit=10_000, beyond=490, more=more)[-2:] == ("block 9", "and 490 more")
    assert fit([], blocks[:3], [], limit=10_000, beyond=0, more=more) == tuple(blocks[:3])


def test_a_first_block_that_is_too_long_is_cut_by_lines() -> None:
    found = fit([], ["heading\nlong line of the block", "other"], [], limit=28, beyond=0, more=more)
    assert found == ("heading\n…", "and 1 more")


@given(st.lists(TEXTS, max_size=2), st.lists(TEXTS, max_size=12), st.lists(TEXTS, max_size=1), LIMITS)
def test_whatever_there_is_fits(lead: list[str], blocks: list[str], tail: list[str], limit: int) -> None:
    assert size(BLANK.join(fit(lead, blocks, tail, limit=limit, beyond=0, more=more))) <= limit


@given(TEXTS, st.integers(8, 40))
def test_chunks_lose_no_line_that_fits(text: str, limit: int) -> None:
    found = chunks(text, limit)
    assert all(size(piece) <= limit for piece in found)
    assert "\n".join(found) == "\n".join(cut(line, limit) for line in text.split("\n"))
