"""Messages about what checks find besides missing outputs, in the language of whoever reads them."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from consistency.settings import Settings
from notifiers.alerts.alert import Alert, AlertState
from notifiers.alerts.changing import observe
from notifiers.alerts.reading import observations_of
from notifiers.deciding.composing import fact_of
from notifiers.messages.message import Message
from notifiers.messages.wording import Wording
from tests.factories.messages import a_message
from tests.factories.observing import BEGIN
from tests.factories.reports import finding, report_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINESE, ENGLISH = Wording("zh", SHANGHAI), Wording("en", SHANGHAI)
FEWER = {
    **finding("volume", "high", "90 successful tasks from 2026-09-16T00:00:00Z to ...", "see whether tasks arrive"),
    "code": "volume_low",
    "values": {
        "tasks": 1090,
        "start": "2026-09-16T00:00:00Z",
        "end": "2026-09-16T03:00:00Z",
        "expected": 3000,
        "lower": 2470,
        "upper": 3530,
        "n": 27,
    },
}
SLOW = {
    **finding(level="critical", message='the statement "tasks" took 12.1 s; slow is 5s', fix="`reconcilery doctor`"),
    "code": "slow_statement",
    "values": {"statement": "tasks", "seconds": 12.125, "limit_seconds": 5.0},
}
MINE = finding("files", "high", "three files lack a name", "name them")


def alert_of(*found: dict[str, Any]) -> Alert:
    _, seen = observations_of(report_of(0, kind="full", findings=list(found)), Settings())
    alert = observe(None, seen, BEGIN).alert
    assert alert is not None
    return alert


def told(*found: dict[str, Any], **changes: Any) -> Message:
    return a_message(fact_of(replace(alert_of(*found), **changes), Settings()), rule="task-outputs")


def test_a_finding_of_the_products_own_is_told_in_chinese_with_what_to_do() -> None:
    title, *lines = CHINESE.text(told(FEWER), 5000).splitlines()
    assert title == (
        "高：2026-09-16 08:00 至 11:00 +08:00 有 1,090 个成功的任务，少于平常：预期 3,000（2,470 至 3,530），n=27"
        "（reconcilery，规则 task-outputs）"
    )
    assert lines[:5] == [
        "",
        "检查：完整检查",
        "来源：任务量",
        "时间窗口：2026-09-16 10:00 至 11:00 +08:00",
        "开始时间：2026-09-16 11:00 +08:00，已持续 60 分钟",
    ]
    assert "下一步：查看任务是否仍在到来，是否仍然成功" in CHINESE.text(told(FEWER), 5000)


def test_in_english_it_stands_as_it_was_written() -> None:
    text = ENGLISH.text(told(FEWER), 5000)
    assert text.startswith(f"High: {FEWER['message']} (reconcilery")
    assert "Source: volume\n" in text
    assert "Next: see whether tasks arrive" in text


def test_of_several_the_gravest_is_told_and_the_others_are_counted() -> None:
    assert CHINESE.title(told(finding(message="a"), SLOW)).startswith(
        "严重：查询“任务”用了 12.12 秒；5 秒起算慢（另有 1 个）"
    )
    assert ENGLISH.title(told(finding(message="a"), SLOW)).startswith(f"Critical: {SLOW['message']} (and 1 more)")


def test_that_it_is_over_is_told_in_chinese() -> None:
    over = told(SLOW, state=AlertState.RESOLVED, resolved_at=BEGIN)
    assert CHINESE.title(over).startswith("已恢复：查询“任务”用了 12.12 秒；5 秒起算慢")


def test_findings_of_custom_checks_keep_their_own_words() -> None:
    text = CHINESE.text(told(MINE, MINE), 5000)
    assert text.startswith("高：three files lack a name（另有 1 个）（reconcilery")
    assert "来源：files\n" in text
    assert "下一步：name them" in text


def test_an_alert_from_before_findings_had_codes_stands_as_it_was_written() -> None:
    details = {name: value for name, value in alert_of(SLOW).details.items() if name != "found"}
    text = CHINESE.text(told(SLOW, details=details), 5000)
    assert text.startswith(f"严重：{SLOW['message']}（reconcilery")
    assert "下一步：`reconcilery doctor`" in text
