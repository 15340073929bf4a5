"""Which value is named as the one whose outputs are missing, and in which words."""

# ruff: noqa: RUF001 - Chinese is written with Chinese brackets.
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.page.mostly import mostly_text
from api.page.wording import Words
from consistency.main_group import main_group
from notifiers.messages.chinese import Chinese
from notifiers.messages.english import English
from notifiers.messages.message import Mostly

ENGLISH, CHINESE = (Words(language, ZoneInfo("UTC")) for language in ("en", "zh"))


def rows(of: int, **missing: int) -> list[dict[str, Any]]:
    """Of so many missing tasks; `nobody` stands for NULL."""
    named = [(None if value == "nobody" else value, number) for value, number in missing.items()]
    return [{"value": value, "missing": number, "of": of} for value, number in named]


#: What a report says, and the column, value and number that are named.
GROUPS: list[tuple[Any, tuple[str, str | None, int] | None]] = [
    ({"workflow": rows(31, img2video=27, upscale=4)}, ("workflow", "img2video", 27)),
    ({"workflow": rows(30, a=15, b=15)}, ("workflow", "a", 15)),  # Exactly half is enough.
    ({"workflow": rows(31, a=15, b=10)}, None),
    ({"workflow": rows(2, a=2)}, ("workflow", "a", 2)),
    ({"workflow": rows(2, a=1, b=1)}, None),  # One task is nobody in particular.
    ({"workflow": rows(1, a=1)}, None),
    ({"workflow": rows(9, nobody=9)}, ("workflow", None, 9)),
    ({"workflow": rows(31, a=17), "customer": rows(31, c=29)}, ("customer", "c", 29)),
    ({"workflow": rows(9, a=9), "customer": rows(9, c=9)}, ("workflow", "a", 9)),  # The rule names it first.
    ({"workflow": []}, None),
    ({}, None),
    (None, None),  # The report of an earlier version, or a rule without segments.
]


@pytest.mark.parametrize(("missing_by", "named"), GROUPS, ids=str)
def test_the_value_that_is_named(missing_by: Any, named: tuple[str, str | None, int] | None) -> None:
    found = main_group(missing_by)
    assert (found and (found.column, found.value, found.missing)) == named


#: The rows, how many tasks are missing, and the sentence in both languages.
SENTENCES = [
    (rows(31, img2video=27), 31, "27 of 31 are workflow img2video.", "31 个中有 27 个的 workflow 为 img2video。"),
    (rows(9, nobody=9), 9, "9 of 9 have no workflow.", "9 个中有 9 个没有 workflow。"),
    (
        rows(1000, img2video=812),
        4321,
        "812 of 1,000 looked at are workflow img2video.",
        "抽查的 1,000 个中有 812 个的 workflow 为 img2video。",
    ),
    (rows(9, a=3), 9, "", ""),
]


@pytest.mark.parametrize(("found", "missing", "english", "chinese"), SENTENCES)
def test_the_page_says_for_whom(found: list[dict[str, Any]], missing: int, english: str, chinese: str) -> None:
    report = {"counts": {"missing": missing}, "missing_by": {"workflow": found}}
    assert (mostly_text(report, ENGLISH), mostly_text(report, CHINESE)) == (english, chinese)


def test_a_report_of_an_earlier_version_says_nothing_of_it() -> None:
    assert mostly_text({"counts": {"missing": 9}}, ENGLISH) == ""


def test_messages_say_for_whom() -> None:
    group = Mostly(column="workflow", value="img2video", missing=27, of=1031)
    assert English().mostly(group) == "workflow img2video (27 of 1,031)"
    assert Chinese().mostly(group) == "workflow 为 img2video（1,031 个中的 27 个）"
    nobody = group.model_copy(update={"value": None})
    assert English().mostly(nobody) == "no workflow (27 of 1,031)"
    assert Chinese().mostly(nobody) == "没有 workflow（1,031 个中的 27 个）"
