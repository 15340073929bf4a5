"""Texts and lengths of time as reports write them."""

from zoneinfo import ZoneInfo

import pytest

from api.report.markdown import escaped
from api.report.words.wording import Wording


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text_with_underscores", "plain text_with_underscores"),
        ("a|b", "a\\|b"),
        ("<b>&amp;</b>", "\\<b\\>\\&amp;\\</b\\>"),
        ("_emphasis_ and *more*", "\\_emphasis\\_ and \\*more\\*"),
        ("two\nlines\r\n\x1b[0m", "two lines \\[0m"),
        ("[click](javascript:x)", "\\[click\\](javascript:x)"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (None, "-", "-"),
        (0, "0.0 s", "0.0 秒"),
        (0.012, "12 ms", "12 毫秒"),
        (2.14, "2.1 s", "2.1 秒"),
        (90, "90 s", "90 秒"),
        (300, "5 min", "5 分钟"),
        (12_600, "3.5 h", "3.5 小时"),
        (1_036_800, "12 d", "12 天"),
    ],
)
def test_lengths_have_one_unit(seconds: float | None, english: str, chinese: str) -> None:
    zone = ZoneInfo("UTC")
    assert (Wording("en", zone).length(seconds), Wording("zh", zone).length(seconds)) == (english, chinese)
