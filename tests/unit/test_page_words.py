"""The page's words: the same texts in both languages, all that templates say, and which language a browser gets."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from api.page.leading import own_path
from api.page.rendering import TEMPLATES
from api.page.wording import PHRASES, Words, language_of
from compensation.states import ItemState, RunState
from consistency.events import EventLevel
from notifiers.alerts.alert import AlertState
from notifiers.alerts.changes import What
from notifiers.deciding.decision import Reason
from notifiers.deliveries.states import DeliveryState

ENGLISH, CHINESE = PHRASES["en"], PHRASES["zh"]
PAGE = Path(TEMPLATES).parent
NOW = datetime(2026, 9, 16, 4, 7, tzinfo=UTC)


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def said() -> Iterator[str]:
    """Every key that a template or a module names in full."""
    for path in TEMPLATES.glob("*.html"):
        yield from re.findall(r"say\(\s*[\"']([a-z_0-9]+)[\"'][,)]", path.read_text(encoding="utf-8"))
    for path in PAGE.glob("*.py"):
        yield from re.findall(r"words\.say\(\s*\"([a-z_0-9]+)\"", path.read_text(encoding="utf-8"))
        yield from re.findall(r"\"(note_[a-z_]+)\"", path.read_text(encoding="utf-8"))


def test_both_languages_say_the_same() -> None:
    singular = {key for key in ENGLISH if key.endswith("_one") and key.removesuffix("_one") in ENGLISH}
    assert ENGLISH.keys() - singular == CHINESE.keys()
    for key in CHINESE:
        assert blanks(CHINESE[key]) == blanks(ENGLISH[key]), key
    for key in singular:
        assert blanks(ENGLISH[key]) <= blanks(ENGLISH[key.removesuffix("_one")]), key


def test_everything_that_the_page_says_is_written() -> None:
    keys = set(said())
    assert len(keys) > 150
    assert keys - ENGLISH.keys() == set()


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("item", ItemState),
        ("told", Reason),
        ("event_level", EventLevel),
        ("alert_state", AlertState),
        ("change", What),
        ("delivery", DeliveryState),
    ],
)
def test_every_state_has_a_word(kind: str, names: type) -> None:
    assert {f"{kind}_{name}" for name in names} <= CHINESE.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 413, 415, 421, 422, 429, 500, 503])
def test_every_problem_that_a_page_can_tell_has_a_title(status: int) -> None:
    assert f"problem_{status}" in CHINESE


def test_every_state_of_a_repair_has_a_word_in_chinese() -> None:
    words = Words("zh", ZoneInfo("UTC"))
    assert [state for state in RunState if words.known("state", state).isascii()] == []


def test_one_thing_has_words_of_its_own_where_the_language_has() -> None:
    english, chinese = Words("en", ZoneInfo("UTC")), Words("zh", ZoneInfo("UTC"))
    assert english.say("seen_times", count=1) == "once"
    assert english.say("seen_times", count=1200) == "1,200 times"
    assert chinese.say("seen_times", count=1) == "1 次"


def test_moments_are_those_of_the_readers_zone() -> None:
    words = Words("en", ZoneInfo("Asia/Shanghai"))
    assert words.clock("2026-09-16T03:00:00Z", NOW) == "11:00"
    assert words.clock("2026-09-15T03:00:00Z", NOW) == "09-15 11:00"
    assert words.ago("2026-09-16T04:02:00Z", NOW) == "5 min ago"
    assert words.offset(NOW) == "UTC+08:00"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "en-GB,zh;q=0.9", "en"),
        ("", "fr, zh;q=0.5, en;q=0.4", "zh"),
        ("", "zh;q=0, en;q=0.1", "en"),
        ("", "fr", "en"),
        ("", ";;;q=x,zh;q=no", "en"),
        ("en", "zh", "en"),
        ("xx", "zh", "zh"),
    ],
)
def test_the_language_is_the_chosen_or_the_most_wanted_one(chosen: str, accepted: str, language: str) -> None:
    assert language_of(chosen, accepted) == language


@pytest.mark.parametrize(
    "given",
    [
        "//evil.example",
        "///evil",
        "/\\evil",
        "/a\\b",
        "http://evil.example",
        "evil",
        "",
        "/\n/evil",
        "\t//evil",
        "//[",
        "javascript:1",
    ],
)
def test_no_path_leads_to_another_server(given: str) -> None:
    assert own_path(given) == "/"


@pytest.mark.parametrize("given", ["/", "/alerts?state=all", "/runs/1#x", "/missing?rule=a%20b"])
def test_paths_of_this_server_are_kept(given: str) -> None:
    assert own_path(given) == given
