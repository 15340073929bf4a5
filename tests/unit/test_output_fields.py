import math
from typing import Any

import pytest

from compensation.providers.output_fields import keyed, scalars


@pytest.mark.parametrize(
    ("elements", "keys"),
    [
        ([], []),
        ([{"nodeId": "9"}, {"nodeId": "9"}, {"nodeId": "12"}], ["9#0", "9#1", "12#0"]),
        ([{"nodeId": 9}, {"nodeId": "9"}], ["9#0", "9#1"]),  # the same node, however it is written
        ([{}, {"nodeId": None}, {"nodeId": ""}], ["#0", "#1", "#2"]),
        ([{"key": "a"}, {"key": 7}, {"key": "", "nodeId": "1"}], ["a", "7", "1#0"]),
        ([{"nodeId": "1", "key": "own"}, {"nodeId": "1"}], ["own", "1#0"]),
    ],
)
def test_every_output_gets_a_key(elements: list[dict[str, Any]], keys: list[str]) -> None:
    assert [output.key for output in keyed(elements)] == keys


@pytest.mark.parametrize(
    ("elements", "problem"),
    [
        ([{"key": "a"}, {"key": "a"}], "two outputs have the key 'a'"),
        ([{"key": "1#0"}, {"nodeId": "1"}], "two outputs have the key '1#0'"),
        ([{"key": "x" * 192}], "longer than 191 characters"),
    ],
)
def test_keys_that_cannot_tell_outputs_apart_are_refused(elements: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        keyed(elements)


def test_the_key_is_no_field() -> None:
    (output,) = keyed([{"key": "a", "fileUrl": "https://x"}])
    assert output.fields == {"fileUrl": "https://x"}


def test_only_what_a_column_can_hold_is_kept() -> None:
    odd = {"list": [1], "dict": {}, "huge": math.inf, "nan": math.nan}
    kept = {"text": "a", "none": None, "true": True, "whole": 7, "half": 0.5}
    assert scalars(odd | kept) == kept
