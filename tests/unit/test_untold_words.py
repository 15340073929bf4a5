"""Why nobody is told of an alert, in the reader's language."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import notifiers
from api.page.alert_changes import change_row
from api.page.wording import Words
from api.report.words.findings import untold_words
from api.report.words.wording import Wording
from consistency.model import Level
from consistency.route_settings import MaintenanceSettings
from consistency.settings import Settings
from notifiers.alerts.alert import Alert
from notifiers.alerts.changing import observe
from notifiers.alerts.history import Entry
from notifiers.alerts.silences import Silence
from notifiers.deciding.muting import _LONGEST
from notifiers.deciding.suppression import FLAPPING, surroundings, why_muted
from notifiers.messages.chinese_untold import CHINESE_UNTOLD
from notifiers.messages.untold import UNTOLD
from tests.factories.codes import codes_given
from tests.factories.observing import BEGIN, seen

CHINESE, ENGLISH = (Wording(language, ZoneInfo("Asia/Shanghai")) for language in ("zh", "en"))
END = datetime(2026, 9, 16, 12, 0, tzinfo=UTC)


def an_alert(level: Level = Level.MEDIUM) -> Alert:
    alert = observe(None, seen("h", BEGIN, level=level), BEGIN).alert
    assert alert is not None
    return alert


def silenced(author: str = "ann", reason: str = "we migrate") -> str:
    silence = Silence("s", {"service": "*"}, BEGIN, END, author, reason, BEGIN)
    return why_muted(an_alert(), surroundings(Settings(), BEGIN, [silence], []))


def maintained() -> str:
    window = {"id": "nights", "start": BEGIN - timedelta(hours=1), "end": END}
    settings = Settings(maintenance=(MaintenanceSettings.model_validate(window),))
    return why_muted(an_alert(), surroundings(settings, BEGIN, [], []))


def hidden() -> str:
    graver = replace(an_alert(Level.CRITICAL), id="1f6c0f9e-aaaa")
    return why_muted(an_alert(), surroundings(Settings(), BEGIN, [], [graver]))


SAID = [
    (FLAPPING, "状态反复变化"),
    (maintained(), "维护 nights"),
    (silenced(), "ann 设置的静默，至 2026-09-16 20:00：we migrate"),
    (
        silenced("a: b until noon", "{x}\ntwo: lines"),
        "a: b until noon 设置的静默，至 2026-09-16 20:00：{x}\ntwo: lines",
    ),
    (silenced(reason="x" * 500)[:_LONGEST], f"ann 设置的静默，至 2026-09-16 20:00：{'x' * 157}"),
    (hidden(), "同一规则已有更严重的告警 1f6c0f9e（严重）"),
]


@pytest.mark.parametrize(("kept", "words"), SAID)
def test_why_nobody_is_told_is_said_in_the_readers_language(kept: str, words: str) -> None:
    assert untold_words(kept, CHINESE) == words
    assert untold_words(kept, ENGLISH) == kept


@pytest.mark.parametrize(("kept", "words"), SAID)
def test_the_history_says_it_as_well(kept: str, words: str) -> None:
    payload: dict[str, Any] = {"why": kept}
    entry = Entry(1, BEGIN, "muted", "high", "reconcilery", "a", 1, "studio", "task-outputs", "x", {}, payload)
    assert change_row(entry, Words("zh", CHINESE.zone))["said"] == words
    assert change_row(entry, Words("en", CHINESE.zone))["said"] == kept


def test_every_reason_that_is_given_has_words_and_is_known_again() -> None:
    assert codes_given([notifiers], {"untold_text": 0}) == UNTOLD.names == CHINESE_UNTOLD.keys()
    assert {UNTOLD.read(kept)[0] for kept, _ in SAID} == UNTOLD.names


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "silence 5f",
        "silence by ann until tomorrow: x",
        "silence by ann until 2026-13-41T99:00Z: x",
        "splendid alert 1f6c0f9e of the same rule",
        "critical alert 1f6c0f9e of the same rule, and more",
        "flapping a lot",
    ],
)
def test_what_is_none_of_these_stands_as_it_was_written(kept: str) -> None:
    assert untold_words(kept, CHINESE) == kept
