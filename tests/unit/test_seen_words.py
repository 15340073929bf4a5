"""What the product has seen, in Chinese: said anew from what is kept, and empty where that is not enough."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.page.alert_changes import change_row
from api.page.wording import Words
from consistency.model import Health
from consistency.settings import Settings
from notifiers.alerts.history import Entry
from notifiers.alerts.reading import observations_of
from notifiers.messages.chinese_seen import chinese_verdict
from tests.factories.observing import BEGIN
from tests.factories.reports import finding, report_of

CHINESE, ENGLISH = (Words(language, ZoneInfo("Asia/Shanghai")) for language in ("zh", "en"))
SLOW = {
    **finding(message="slow", level="high"),
    "code": "slow_statement",
    "values": {"statement": "tasks", "seconds": 7.5, "limit_seconds": 5.0},
}
SILENT = {"summary": "silent", "silent_since": "2026-09-16T03:00:00Z", "due_every": 900}


def said(words: Words, kind: str, labels: dict[str, str], payload: dict[str, Any]) -> str:
    entry = Entry(1, BEGIN, "fired", "high", "reconcilery", "a", 1, "studio", "task-outputs", kind, labels, payload)
    return str(change_row(entry, words)["said"])


def payloads(**report: Any) -> list[dict[str, Any]]:
    return [{"summary": seen.summary, **seen.details} for seen in observations_of(report_of(**report), Settings())]


(FEW,), (NONE,) = payloads(missing=120, tasks=611), payloads(missing=0, tasks=1200)
_, FOUND = payloads(missing=0, findings=[SLOW, finding(message="mild", level="low")])

#: The kind, the labels, what was kept, and what is said of it.
SAID: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
    ("missing_outputs", {}, FEW, "降级：611 个成功的任务中 80.4 % 有输出，120 个缺少输出，6 个延迟"),
    ("missing_outputs", {}, NONE, "健康：1,200 个成功的任务中 100 % 有输出，0 个缺少输出，6 个延迟"),
    ("finding", {"source": "database"}, FOUND, "查询“任务”用了 7.5 秒；5.0 秒起算慢（另有 1 个）"),
    ("checker_silent", {"check": "quick"}, SILENT, "自 2026-09-16 11:00 起没有完整的快速检查，应每 15 分钟一次"),
    ("service_silent", {"service": "sync"}, SILENT, "自 2026-09-16 11:00 起没有 sync 的心跳，应每 15 分钟一次"),
    ("service_silent", {"service": "sync"}, {"summary": "heard again"}, "服务 sync 不再失联"),
    ("channel_broken", {"channel": "ops"}, {"summary": "x", "trouble": "19021: no"}, "渠道 ops 故障：19021: no"),
    ("channel_broken", {"channel": "ops"}, {"summary": "works again"}, "渠道 ops 恢复正常"),
]


@pytest.mark.parametrize(("kind", "labels", "payload", "words"), SAID)
def test_what_was_seen_is_said_in_the_readers_language(
    kind: str, labels: dict[str, str], payload: dict[str, Any], words: str
) -> None:
    assert said(CHINESE, kind, labels, payload) == words
    assert said(ENGLISH, kind, labels, payload) == payload["summary"]


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("missing_outputs", {}),
        ("missing_outputs", {"numbers": {"tasks": 3}}),
        ("missing_outputs", {"numbers": {"tasks": 3, "missing": 4}}),
        ("missing_outputs", {"numbers": {"tasks": "3", "missing": 1}}),
        ("finding", {}),
        ("checker_silent", {}),
        ("checker_silent", {"silent_since": "yesterday", "due_every": 900}),
        ("of tomorrow", {}),
    ],
)
def test_without_the_values_it_stands_as_it_was_written(kind: str, kept: dict[str, Any]) -> None:
    assert said(CHINESE, kind, {"check": "quick"}, {"summary": "as it was", **kept}) == "as it was"


def test_what_a_person_has_noted_stands_as_it_is() -> None:
    assert said(CHINESE, "missing_outputs", {}, {"note": "a deploy", "until": "x"}) == "a deploy"
    assert said(CHINESE, "missing_outputs", {}, {"why": "we are at lunch"}) == "we are at lunch"
    assert said(CHINESE, "missing_outputs", {}, {"last_seen_at": "x"}) == ""


@pytest.mark.parametrize(
    ("health", "numbers", "words"),
    [
        (Health.UNKNOWN, {"tasks": 0, "missing": 0, "coverage": 0.0}, "未知：未能测量"),
        (Health.UNKNOWN, {"tasks": 0, "missing": 0, "coverage": 1.0}, "未知：这段时间没有成功的任务"),
        (
            Health.UNKNOWN,
            {"tasks": 10, "missing": 1, "coverage": 0.5},
            "未知：只测量了 50 % 的时段，10 个成功的任务中 90.0 % 有输出，1 个缺少输出",
        ),
    ],
)
def test_what_could_not_be_measured_is_no_verdict(health: str, numbers: dict[str, Any], words: str) -> None:
    assert chinese_verdict(health, numbers) == words
