# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consistency.ledger.repair_events import RepairEvent
from consistency.model import Window
from notifiers.messages.events import event_of
from notifiers.messages.wording import Wording
from notifiers.repair_notices import TOLD, notice_of
from notifiers.repairs import RepairEnd
from tests.factories.messages import a_message

AT = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
WINDOW = Window(AT - timedelta(hours=2), AT - timedelta(hours=1))
ENGLISH = Wording("en", ZoneInfo("UTC"))
CHINESE = Wording("zh", ZoneInfo("Asia/Shanghai"))
MEASURED = {"tasks": 1000, "with_outputs": 588, "missing": 412, "completion_rate": 0.588}


def ended(kind: str, payload: dict[str, Any], actor: str = "worker") -> RepairEnd:
    event = RepairEvent(7, "run-1", 3, kind, actor, payload, AT, None)
    return RepairEnd(event, "task-outputs", WINDOW)


#: What has happened, by whom, with what; then the title in both languages without whose matter it is.
NOTICES: list[tuple[str, str, dict[str, Any], str, str]] = [
    (
        "approval_needed",
        "ann",
        {"planned": 412, "needs_approval": "412 tasks are …", "exceeded": {"repair_cap": 100}, **MEASURED},
        "Medium: A repair of 412 tasks waits for somebody's approval",
        "中：修复等待批准：计划修复 412 个任务",
    ),
    (
        "approval_needed",
        "schedule",
        {"planned": 1, "exceeded": {"repair_share": 0.2}, **MEASURED},
        "Medium: A repair of 1 task waits for somebody's approval",
        "中：修复等待批准：计划修复 1 个任务",
    ),
    ("paused", "worker", {"reason": "4 of 20"}, "High: The repair has paused itself", "高：修复已自动暂停"),
    ("paused", "ann", {"reason": "paused by ann"}, "High: ann has paused the repair", "高：ann 已暂停修复"),
    ("failed", "worker", {"reason": "no such column"}, "High: The repair has failed", "高：修复失败"),
    ("cancelled", "ann", {"by": "ann"}, "ann has cancelled the repair", "ann 已取消修复"),
    ("cancelled", "celery", {"by": "celery"}, "The repair has been cancelled", "修复已取消"),
    (
        "succeeded",
        "worker",
        {"counts": {"done": 412}, "after": {"missing": 0}},
        "Repaired: 412 of 412 outputs restored",
        "修复完成：412 个输出中已恢复 412 个",
    ),
    (
        "succeeded",
        "worker",
        {"counts": {"done": 1}, "after": None},
        "Repaired: 1 of 1 output restored",
        "修复完成：1 个输出中已恢复 1 个",
    ),
    (
        "succeeded_with_leftovers",
        "worker",
        {"counts": {"done": 400, "quarantined": 12}, "after": {"missing": 12}},
        "Medium: Repaired: 400 of 412 outputs restored, 12 still missing",
        "中：修复完成：412 个输出中已恢复 400 个，仍缺少 12 个",
    ),
    (
        "rolled_back",
        "worker",
        {"deleted": 1412, "kept_changed": 0},
        "The repair has been taken back: 1,412 rows deleted",
        "修复已撤销：删除 1,412 行",
    ),
    (
        "rolled_back_partial",
        "worker",
        {"deleted": 1, "kept_changed": 2},
        "Medium: The repair has been taken back in part: 1 row deleted, 2 rows kept, changed since then",
        "中：修复已部分撤销：删除 1 行，保留 2 行（此后已被修改）",
    ),
]


@pytest.mark.parametrize(("kind", "actor", "payload", "english", "chinese"), NOTICES)
def test_what_has_become_of_a_repair(
    kind: str, actor: str, payload: dict[str, Any], english: str, chinese: str
) -> None:
    notice = notice_of(ended(kind, payload, actor), "studio")
    assert notice is not None
    message = a_message(notice)
    assert ENGLISH.title(message) == f"{english} (reconcilery, rule task-outputs)"
    assert CHINESE.title(message) == f"{chinese}（reconcilery，规则 task-outputs）"


def test_every_event_that_is_told_has_words() -> None:
    assert {kind for kind, *_ in NOTICES} == set(TOLD)


def test_steps_on_the_way_are_not_told() -> None:
    assert notice_of(ended("resumed", {}), "studio") is None


def test_a_repair_with_nothing_to_do_is_not_told() -> None:
    assert notice_of(ended("succeeded", {"counts": {}, "after": {"missing": 0}}), "studio") is None


def test_what_has_written_nothing_cannot_be_undone() -> None:
    notice = notice_of(ended("succeeded_with_leftovers", {"counts": {"upstream_gone": 2}, "after": None}), "studio")
    assert notice is not None
    assert "undo" not in notice.body["details"]


#: What stands below the title besides the window and the moment.
FACTS: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    (
        "approval_needed",
        {"planned": 412, "needs_approval": "too many", "exceeded": {"repair_cap": 100}},
        ["Beyond: repair_cap = 100", "Next: reconcilery repair apply run-1 --yes"],
        ["超过上限：repair_cap = 100", "下一步：reconcilery repair apply run-1 --yes"],
    ),
    (
        "paused",
        {"reason": "the key is wrong"},
        ["Why: the key is wrong", "Next: reconcilery repair resume run-1", "Undo: reconcilery repair rollback run-1"],
        [
            "原因：the key is wrong",
            "下一步：reconcilery repair resume run-1",
            "撤销：reconcilery repair rollback run-1",
        ],
    ),
    (
        "succeeded",
        {"counts": {"done": 1}},
        ["Undo: reconcilery repair rollback run-1"],
        ["撤销：reconcilery repair rollback run-1"],
    ),
    (
        "succeeded_with_leftovers",
        {"counts": {"done": 1, "no_output": 1}},
        ["Next: reconcilery repair items run-1", "Undo: reconcilery repair rollback run-1"],
        ["下一步：reconcilery repair items run-1", "撤销：reconcilery repair rollback run-1"],
    ),
    ("cancelled", {"by": "ann"}, ["Run: run-1"], ["运行：run-1"]),
    ("rolled_back", {"deleted": 1}, ["Run: run-1"], ["运行：run-1"]),
    (
        "rolled_back_partial",
        {"deleted": 1},
        ["Next: reconcilery repair status run-1"],
        ["下一步：reconcilery repair status run-1"],
    ),
]


@pytest.mark.parametrize(("kind", "payload", "english", "chinese"), FACTS)
def test_why_what_next_and_how_to_undo(
    kind: str, payload: dict[str, Any], english: list[str], chinese: list[str]
) -> None:
    notice = notice_of(ended(kind, payload), "studio")
    assert notice is not None
    message = a_message(notice)
    frame = {"Window: 2026-09-16 02:00 to 03:00 UTC", "At: 2026-09-16 04:00 UTC"}
    lines = ENGLISH.parts(message, 5000)[0].splitlines()
    assert frame <= set(lines)
    assert [line for line in lines if line not in frame] == english
    frame = {"时间窗口：2026-09-16 10:00 至 11:00 +08:00", "时间：2026-09-16 12:00 +08:00"}
    assert [line for line in CHINESE.parts(message, 5000)[0].splitlines() if line not in frame] == chinese


def test_an_event_of_another_service_is_told_in_its_own_words_alone() -> None:
    body = {"message": "stock is low", "details": {"command": "rm -r /", "reason": "none"}}
    notice = notice_of(ended("failed", {}), "studio")
    assert notice is not None
    foreign = notice.model_copy(update={"event_type": "stock_low", "message": "stock is low", "body": body})
    text = CHINESE.text(a_message(foreign), 5000)
    assert "stock is low" in text.splitlines()[0]
    assert "rm" not in text


def test_strange_details_of_an_event_do_no_harm() -> None:
    notice = notice_of(ended("paused", {"reason": "r"}), "studio")
    assert notice is not None
    for details in ("none", {"window": {"start": 1}, "reason": 5, "exceeded": "x", "by": None}, {"window": "now"}):
        strange = notice.model_copy(update={"body": {"details": details, "metrics": []}})
        assert ENGLISH.title(a_message(strange)).startswith("High: The repair has paused itself")
        assert ENGLISH.text(a_message(strange), 5000)


def test_receivers_get_the_facts_in_the_shape_of_every_event() -> None:
    notice = notice_of(ended("succeeded", {"counts": {"done": 3}, "after": {"missing": 0}}), "studio")
    assert notice is not None
    event = event_of(a_message(notice))
    assert list(event) == ["timestamp", "event_type", "level", "service", "message", "details", "metrics"]
    assert (event["timestamp"], event["event_type"]) == ("2026-09-16T04:00:00.000Z", "repair_succeeded")
    assert (event["level"], event["service"]) == ("info", "studio")
    assert event["message"] == "Repair run-1: 3 of 3 outputs restored"
    assert event["details"]["undo"] == "reconcilery repair rollback run-1"
    assert event["metrics"] == {"restored": 3, "wanted": 3, "missing": 0}
