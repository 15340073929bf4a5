# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.model import Level
from notifiers.messages.chinese_events import CHINESE_EVENTS
from notifiers.messages.english_events import ENGLISH_EVENTS
from notifiers.messages.fitting import BLANK, size
from notifiers.messages.markup import DINGTALK, LARK, PLAIN, SLACK, TAGGED, WECOM
from notifiers.messages.message import AlertFact, Message
from notifiers.messages.tone import Tone, tone_of
from notifiers.messages.wording import Wording
from tests.factories.messages import AT, BROKEN, OVER, SILENT, a_message, a_notice, an_alert

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENGLISH = Wording("en", SHANGHAI)
CHINESE = Wording("zh", SHANGHAI)
MARKUPS = (PLAIN, TAGGED, LARK, DINGTALK, WECOM, SLACK)
FULL = an_alert(
    1,
    level=Level.CRITICAL,
    numbers={"tasks": 1000, "missing": 412, "late": 3, "completion_rate": 0.588},
    window=(AT - timedelta(hours=1), AT),
    top=("17", "18", "19"),
    seen=4,
    link="https://mon.example/alerts/alert-1",
    acked_by="ann",
)


def test_everything_about_one_alert_in_english() -> None:
    text = ENGLISH.text(a_message(FULL, at=AT + timedelta(minutes=50), rule="task-outputs"), 5000)
    assert text.splitlines() == [
        "Critical: 412 of 1,000 tasks have no output (reconcilery, rule task-outputs)",
        "",
        "Check: quick",
        "Outputs: 58.8 % there, 3 late",
        "Window: 2026-09-16 11:00 to 12:00 +08:00",
        "Since: 2026-09-16 12:00 +08:00, for 50 min, seen 4 times",
        "Tasks: 17, 18, 19, and 409 more",
        "State: taken on by ann",
        "Next: reconcilery repair plan --start-date 2026-09-16",
        "Details: https://mon.example/alerts/alert-1",
    ]


def test_everything_about_one_alert_in_chinese() -> None:
    text = CHINESE.text(a_message(FULL, at=AT + timedelta(minutes=50)), 5000)
    assert text.splitlines() == [
        "严重：1,000 个任务中有 412 个缺少输出（reconcilery，规则 task-outputs）",
        "",
        "检查：快速检查",
        "输出：完整率 58.8 %，3 个延迟",
        "时间窗口：2026-09-16 11:00 至 12:00 +08:00",
        "开始时间：2026-09-16 12:00 +08:00，已持续 50 分钟，出现 4 次",
        "任务：17，18，19，另有 409 个",
        "状态：ann 已认领",
        "下一步：reconcilery repair plan --start-date 2026-09-16",
        "详情: https://mon.example/alerts/alert-1",
    ]


def test_what_a_repair_has_done_stands_with_what_is_over() -> None:
    message = a_message(OVER, reason="all_resolved")
    assert ENGLISH.text(message, 5000).splitlines() == [
        "Resolved: missing outputs in the quick check (reconcilery, rule task-outputs)",
        "",
        "Outputs: 100 % there",
        "Lasted: 2 h, 2026-09-16 10:00 to 12:00 +08:00",
        "Repair: 412 of 412 outputs restored",
        "Undo: reconcilery repair rollback rep_1",
    ]
    assert CHINESE.text(message, 5000).splitlines() == [
        "已恢复：快速检查不再缺少输出（reconcilery，规则 task-outputs）",
        "",
        "输出：完整率 100 %",
        "持续时间：2 小时，2026-09-16 10:00 至 12:00 +08:00",
        "修复：412 个输出中已恢复 412 个",
        "撤销：reconcilery repair rollback rep_1",
    ]


def over(alert: AlertFact) -> AlertFact:
    return alert.model_copy(update={"state": "resolved", "until": AT + timedelta(hours=1)})


ONE_OF_ONE = an_alert(numbers={"tasks": 1, "missing": 1})
MANY = [an_alert(number, level=Level.MEDIUM) for number in range(1, 501)]


@pytest.mark.parametrize(
    ("told", "reason", "english", "chinese"),
    [
        ([a_notice(message="the repair is done")], "event", "the repair is done", "the repair is done"),
        ([a_notice(message="paused", level=Level.HIGH)], "event", "High: paused", "高：paused"),
        ([a_notice(), a_notice()], "event", "1000 records, and 1 more event", "1000 records，另有 1 个事件"),
        (
            [a_notice(), a_notice(message="lost", level=Level.CRITICAL)],
            "event",
            "Critical: lost, and 1 more event",
            "严重：lost，另有 1 个事件",
        ),
        (
            MANY,
            "first",
            "Medium: 31 of 100 tasks have no output, and 499 more alerts",
            "中：100 个任务中有 31 个缺少输出，另有 499 个告警",
        ),
        (
            [OVER, MANY[0], FULL],
            "some_resolved",
            "Critical: 412 of 1,000 tasks have no output, and 1 more alert; 1 resolved",
            "严重：1,000 个任务中有 412 个缺少输出，另有 1 个告警，1 个已恢复",
        ),
        ([OVER, OVER], "all_resolved", "Resolved: all 2 alerts", "已恢复：全部 2 个告警"),
        ([OVER], "all_resolved", "Resolved: missing outputs in the quick check", "已恢复：快速检查不再缺少输出"),
        ([an_alert(kind="finding", summary="no index")], "first", "High: no index", "高：no index"),
        ([an_alert(numbers={}, summary="bad")], "first", "High: bad", "高：bad"),
        ([SILENT], "first", "High: the quick check has gone silent", "高：快速检查没有按时完成"),
        ([BROKEN], "first", "High: the channel ops is broken", "高：渠道 ops 故障"),
        ([over(SILENT)], "all_resolved", "Resolved: the quick check runs again", "已恢复：快速检查恢复运行"),
        ([over(BROKEN)], "all_resolved", "Resolved: the channel ops works again", "已恢复：渠道 ops 恢复正常"),
        ([ONE_OF_ONE], "first", "High: 1 of 1 tasks has no output", "高：1 个任务中有 1 个缺少输出"),
    ],
)
def test_titles(told: list[Any], reason: str, english: str, chinese: str) -> None:
    message = a_message(*told, reason=reason)
    assert ENGLISH.title(message) == f"{english} (reconcilery, rule task-outputs)"
    assert CHINESE.title(message) == f"{chinese}（reconcilery，规则 task-outputs）"


def test_a_title_without_a_rule_names_the_service_alone() -> None:
    assert ENGLISH.title(a_message(rule="")).endswith("have no output (reconcilery)")


def test_a_long_title_keeps_whose_matter_it_is_and_the_text_says_the_rest() -> None:
    message = a_message(an_alert(kind="finding", summary="word " * 90))
    title = ENGLISH.title(message)
    assert len(title) <= 200
    assert title.endswith("… (reconcilery, rule task-outputs)")
    assert ("word " * 55).strip() in ENGLISH.text(message, 5000)


@pytest.mark.parametrize(
    ("reason", "english", "chinese"),
    [
        ("repeat", "It still goes on.", "问题仍在持续。"),
        ("escalated", "Nobody has taken this on yet.", "至今无人认领。"),
        ("severity_up", "It has become worse.", "情况加重。"),
        ("reopened", "It is back.", "问题再次出现。"),
        ("first", "Check: quick", "检查：快速检查"),
    ],
)
def test_why_it_is_sent_is_said_where_it_is_not_plain(reason: str, english: str, chinese: str) -> None:
    assert ENGLISH.parts(a_message(reason=reason), 5000)[0].splitlines()[0] == english
    assert CHINESE.parts(a_message(reason=reason), 5000)[0].splitlines()[0] == chinese


def test_a_message_that_stands_in_says_for_which_channel() -> None:
    message = a_message(reason="fallback", instead_of="ops-feishu")
    assert ENGLISH.parts(message, 5000)[0] == "This should have come by the channel ops-feishu, which is broken."
    assert CHINESE.parts(message, 5000)[0] == "渠道 ops-feishu 故障，本消息由此处代发。"


def test_a_test_message_says_that_nothing_is_wrong() -> None:
    message = a_message(a_notice(message="a test"), reason="test")
    assert ENGLISH.title(message) == "Test message of reconcilery"
    assert "Nothing is wrong." in ENGLISH.text(message, 5000)
    assert "系统并无异常" in CHINESE.text(message, 5000)


def test_the_gravest_come_first_and_what_is_over_last() -> None:
    told = [OVER, an_alert(3, level=Level.LOW, numbers={}), an_alert(4, level=Level.CRITICAL, numbers={})]
    parts = ENGLISH.parts(a_message(*told), 5000)
    assert [part.partition(":")[0] for part in parts] == ["Critical", "Low", "Resolved"]


def test_five_hundred_alerts_are_one_readable_message() -> None:
    parts = ENGLISH.parts(a_message(*MANY), 20_000)
    assert len(parts) == 11
    assert parts[-1] == "and 490 more, all of them: reconcilery alerts list"
    assert [len(part.splitlines()) for part in parts] == [6, 6, 6, *[2] * 7, 1]


def test_an_alert_of_another_rule_says_so() -> None:
    assert "Rule: orders" in ENGLISH.text(a_message(an_alert(rule="orders"), rule=""), 5000)


def test_labels_and_numbers_of_any_kind_are_shown() -> None:
    alert = an_alert(
        kind="queue_full", labels={"queue": "checks"}, numbers={"waiting": 12_000, "share": 0.81256}, summary=""
    )
    lines = ENGLISH.text(a_message(alert), 5000).splitlines()
    assert lines[0].startswith("High: queue full")
    assert {"queue: checks", "Outputs: waiting 12,000, share 0.8126"} <= set(
        lines
    ) or "Numbers: waiting 12,000, share 0.8126" in lines


def test_times_are_those_of_the_readers_zone() -> None:
    window = (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, 0, tzinfo=UTC))
    message = a_message(an_alert(window=window))
    assert "2026-10-24 23:00 to 2026-10-25 02:00 UTC" in Wording("en", ZoneInfo("UTC")).text(message, 5000)
    berlin = Wording("en", ZoneInfo("Europe/Berlin")).text(message, 5000)
    assert "Window: 2026-10-25 01:00 +02:00 to 03:00 +01:00" in berlin


@pytest.mark.parametrize("markup", MARKUPS, ids=lambda markup: markup.name)
@pytest.mark.parametrize("wording", [ENGLISH, CHINESE], ids=["en", "zh"])
@given(summary=st.text(max_size=200), key=st.text(max_size=300), limit=st.integers(0, 3000), many=st.integers(1, 15))
def test_whatever_an_alert_holds_the_text_fits_and_is_clean(
    markup: Any, wording: Wording, summary: str, key: str, limit: int, many: int
) -> None:
    told = [an_alert(number, kind="finding", summary=summary, top=(key,), labels={key: key}) for number in range(many)]
    message = a_message(*told, rule=key[:50], service=key[:50])
    text = wording.text(message, limit, markup)
    assert size(text) <= limit
    assert size(BLANK.join(wording.parts(message, limit, markup))) <= limit
    assert all(character.isprintable() or character in "\n\u200b" for character in text)
    title = wording.title(message)
    assert len(title) <= 200
    assert title.isprintable()


@pytest.mark.parametrize(
    ("told", "reason", "tone"),
    [
        ([FULL, OVER], "repeat", Tone.CRITICAL),
        ([an_alert(level=Level.LOW)], "first", Tone.LOW),
        ([OVER], "all_resolved", Tone.RESOLVED),
        # An event does not hide that something fires.
        ([an_alert(level=Level.MEDIUM), a_notice(level=Level.CRITICAL)], "first", Tone.MEDIUM),
        ([a_notice()], "event", Tone.CALM),
        ([a_notice(level=Level.HIGH)], "event", Tone.HIGH),
        ([FULL], "test", Tone.CALM),
    ],
)
def test_the_tone_of_a_message(told: list[Any], reason: str, tone: Tone) -> None:
    assert tone_of(a_message(*told, reason=reason)) is tone


def test_every_language_has_a_name_for_every_level_and_every_fact() -> None:
    assert ENGLISH.phrases.levels.keys() == CHINESE.phrases.levels.keys() == set(Level)
    assert ENGLISH.phrases.names.keys() == CHINESE.phrases.names.keys()
    assert ENGLISH_EVENTS.keys() == CHINESE_EVENTS.keys()


@pytest.mark.parametrize("state", get_args(AlertFact.model_fields["state"].annotation))
def test_a_message_survives_its_json_and_reads_the_same(state: str) -> None:
    message = a_message(an_alert(state=state, window=(AT, AT), top=("键",)))
    kept = Message.model_validate_json(message.model_dump_json())
    assert CHINESE.text(kept, 5000) == CHINESE.text(message, 5000)
