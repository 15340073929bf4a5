from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.answers import answer_of, text_of
from compensation.provider import Answer, Kind, Output

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_OUTPUTS = st.builds(Output, st.text(max_size=20), st.dictionaries(st.text(max_size=8), _SCALARS, max_size=4))
_WAITS = st.none() | st.integers(min_value=0, max_value=86_400).map(lambda seconds: timedelta(seconds=seconds))


@given(
    st.builds(
        Answer,
        kind=st.sampled_from(Kind),
        outputs=st.lists(_OUTPUTS, max_size=3).map(tuple),
        code=st.text(max_size=8),
        detail=st.text(max_size=8),
        source=st.text(max_size=8),
        retry_after=_WAITS,
        expired=st.lists(st.text(max_size=8), max_size=2).map(tuple),
    )
)
def test_an_answer_comes_back_as_it_was(answer: Answer) -> None:
    text = text_of(answer)
    assert text.isascii()
    assert answer_of(text) == answer


def test_what_is_empty_is_left_out() -> None:
    assert text_of(Answer(Kind.GONE)) == '{"kind":"gone"}'


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "null", "{}", '{"kind": "odd"}', '{"kind": "gone", "outputs": [1]}']
)
def test_other_text_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which text there is depends on what is wrong with it
        answer_of(text)
