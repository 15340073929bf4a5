"""The product's own events in Chinese, and that nobody else's words are taken for its own."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.report.words.wording import Wording
from consistency.events import OWN_TYPES, Event
from consistency.ledger.repair_events import RepairEvent
from monitoring.watching import storage_event
from notifiers.messages.chinese_own_events import chinese_own_event
from notifiers.own_events import check_event, repair_event
from notifiers.repair_notices import notice_of
from notifiers.repairs import RepairEnd
from tests.factories.observing import BEGIN
from tests.factories.reports import report_of

READER = Wording("zh", ZoneInfo("Asia/Shanghai"))
AT = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)


def words(event: Event | None) -> str:
    assert event is not None
    return chinese_own_event(event, "studio", READER)


def repair(kind: str, actor: str = "worker", *, waits: bool = False, **payload: Any) -> Event:
    event = RepairEvent(7, "1f6c0f9e-aaaa", 3, kind, actor, payload, BEGIN + timedelta(hours=1), None)
    end = RepairEnd(event, "task-outputs", None, waits)
    return repair_event(end, notice_of(end, "studio"), "studio")


def sign(status: str, message: str) -> Event:
    details = {"status": status, "instance": "host:17", "heartbeat_seconds": 60}
    return Event("2026-09-16T04:00:00.000Z", "service_status", "info", "datasync", message, details)


OVERDUE = Event(
    "2026-09-16T04:00:00.000Z",
    "service_status",
    "warning",
    "studio",
    "the quick check of task-outputs is overdue: …",
    {"rule": "task-outputs", "last": "2026-09-16T03:00:00Z", "due_every": "15min"},
    id="overdue-1",
)
COUNTS = {"done": 410, "no_output": 2}

SAID: list[tuple[Event | None, str]] = [
    (check_event(report_of(31), "studio"), "降级：378 个成功的任务中 91.8 % 有输出，31 个缺少输出，6 个延迟"),
    (
        storage_event("studio", Path("/var/log"), 0.021, 3 * 2**30, AT),
        "{host} 上 /var/log 所在的磁盘剩余 2.1%（3.0 GiB）",
    ),
    (OVERDUE, "规则 task-outputs 的快速检查逾期：上一次结束于 2026-09-16 11:00"),
    (sign("running", "host:17 is running"), "host:17 正在运行"),
    (sign("stopped", "host:17 is stopped"), "host:17 已停止"),
    (repair("planned", "ann", planned=3), "修复计划已完成（1f6c0f9e）"),
    (repair("planned", waits=True, planned=3), "修复计划等待执行：计划修复 3 个任务（1f6c0f9e）"),
    (repair("started"), "修复已开始（1f6c0f9e）"),
    (
        repair("approval_needed", planned=412, exceeded={"repair_cap": 100}),
        "修复等待批准：计划修复 412 个任务，超过上限 repair_cap = 100（1f6c0f9e）",
    ),
    (repair("paused", reason="401 TOKEN_INVALID"), "修复已自动暂停：401 TOKEN_INVALID（1f6c0f9e）"),
    (repair("paused", "ann", reason="paused by ann"), "ann 已暂停修复（1f6c0f9e）"),
    (
        repair("succeeded", counts=COUNTS, after={"missing": 2}),
        "修复完成：412 个输出中已恢复 410 个，仍缺少 2 个（1f6c0f9e）",
    ),
    (repair("rolled_back", "ann", deleted=410), "修复已撤销：删除 410 行（1f6c0f9e）"),
]


@pytest.mark.parametrize(("event", "chinese"), SAID, ids=lambda each: getattr(each, "event_type", ""))
def test_an_event_of_the_products_own_is_said_in_chinese(event: Event, chinese: str) -> None:
    assert words(event) == chinese.format(host=event.details.get("host"))


@pytest.mark.parametrize("name", [name.removeprefix("repair_") for name in OWN_TYPES])
def test_everything_that_happens_to_repairs_is_said_in_chinese(name: str) -> None:
    said = words(repair(name, planned=3))
    assert said.startswith(("修复", "ann"))
    assert not said.startswith("Repair")


@pytest.mark.parametrize(
    "event",
    [
        replace(check_event(report_of(31), "crm"), service="crm"),
        replace(check_event(report_of(31), "studio"), id="mine-1"),
        replace(check_event(report_of(31), "studio"), details={"health": "splendid"}),
        replace(check_event(report_of(31), "studio"), metrics={"tasks": "many", "missing": 1}),
        replace(check_event(report_of(31), "studio"), metrics={"tasks": 1, "missing": 0, "coverage": "half"}),
        replace(OVERDUE, details={"rule": "x", "last": "yesterday"}),
        replace(OVERDUE, id="storage-1"),
        sign("running", "host:17 is running, but slowly"),
        sign("resting", "host:17 is resting"),
        Event("2026-09-16T04:00:00.000Z", "service_status", "info", "datasync", "all is well"),
        replace(repair("started"), level="odd"),
    ],
)
def test_what_is_not_surely_its_own_keeps_its_words(event: Event) -> None:
    assert words(event) == ""
