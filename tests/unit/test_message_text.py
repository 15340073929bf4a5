# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from consistency.model import Level
from notifiers.messages.fitting import BLANK
from notifiers.messages.message import AlertFact, Mostly, Onset
from notifiers.messages.wording import Wording
from tests.factories.messages import AT, BROKEN, OVER, SILENT, a_message, a_notice, an_alert

ENGLISH = Wording("en", ZoneInfo("Asia/Shanghai"))
CHINESE = Wording("zh", ZoneInfo("Asia/Shanghai"))
ONSET = Onset(at=AT - timedelta(hours=1), until=AT, rate_before=0.998, rate_after=0.41)
MOSTLY = Mostly(column="workflow", value="img2video", missing=27, of=31)
#: What is told, why, and lines that stand below the title, in both languages.
BELOW: list[tuple[AlertFact, str, list[str], list[str]]] = [
    (
        SILENT,
        "first",
        [
            "Since: 2026-09-16 11:00 +08:00, for 60 min; one is due every 15 min",
            "Next: reconcilery status",
            "Take it on: reconcilery alerts ack alert-1",
        ],
        [
            "开始时间：2026-09-16 11:00 +08:00，已持续 60 分钟，应每 15 分钟一次",
            "下一步：reconcilery status",
            "认领：reconcilery alerts ack alert-1",
        ],
    ),
    (
        BROKEN.model_copy(update={"acked_by": "ann"}),
        "ack_expired",
        [
            "It was taken on, but it still goes on.",
            "",
            "Since: 2026-09-16 12:00 +08:00, for 0 s",
            "It says: 19021: sign match fail",
            "State: taken on by ann",
            "Next: reconcilery notify test ops",
        ],
        [
            "认领已过期，问题仍在持续。",
            "",
            "开始时间：2026-09-16 12:00 +08:00，已持续 0 秒",
            "错误：19021: sign match fail",
            "状态：ann 已认领",
            "下一步：reconcilery notify test ops",
        ],
    ),
    (
        an_alert(level=Level.LOW, flapping=True, numbers={}, command="", onset=ONSET, mostly=MOSTLY),
        "flapping",
        [
            "It comes and goes; you hear of it again when it stays as it is.",
            "",
            "Check: quick",
            "Mostly: workflow img2video (27 of 31)",
            "Since: 2026-09-16 12:00 +08:00, for 0 s",
            "Fell: 2026-09-16 11:00 +08:00, from 99.8 % to 41.0 %, until 2026-09-16 12:00 +08:00",
        ],
        [
            "状态反复变化，稳定后会再通知。",
            "",
            "检查：快速检查",
            "主要是：workflow 为 img2video（31 个中的 27 个）",
            "开始时间：2026-09-16 12:00 +08:00，已持续 0 秒",
            "下降：2026-09-16 11:00 +08:00 起，从 99.8 % 降至 41.0 %，至 2026-09-16 12:00 +08:00",
        ],
    ),
    (
        an_alert(kind="finding", level=Level.LOW, stale=True, numbers={}, fix="add an index; `reconcilery doctor`"),
        "repeat",
        [
            "Check: quick",
            "Since: 2026-09-16 12:00 +08:00, for 0 s",
            "State: nobody has looked for a while, so it may have changed",
            "Next: add an index; `reconcilery doctor`",
        ],
        [
            "检查：快速检查",
            "开始时间：2026-09-16 12:00 +08:00，已持续 0 秒",
            "状态：已有一段时间未再检查，情况可能有变",
            "下一步：add an index; `reconcilery doctor`",
        ],
    ),
]


@pytest.mark.parametrize(("alert", "reason", "english", "chinese"), BELOW)
def test_what_stands_below_the_title(alert: AlertFact, reason: str, english: list[str], chinese: list[str]) -> None:
    message = a_message(alert, reason=reason)
    assert BLANK.join(ENGLISH.parts(message, 5000)).splitlines() == english
    assert BLANK.join(CHINESE.parts(message, 5000)).splitlines() == chinese


def test_a_repair_that_an_alert_names_is_not_told_twice() -> None:
    repaired = a_notice({"details": {"run_id": "rep_1"}}, event_type="repair_succeeded")
    assert ENGLISH.text(a_message(OVER, repaired), 5000) == ENGLISH.text(a_message(OVER), 5000)
    other = a_notice({"details": {"run_id": "rep_2"}}, event_type="repair_succeeded")
    assert "Repaired: " in ENGLISH.text(a_message(OVER, other), 5000)


@pytest.mark.parametrize(
    ("rules", "english", "chinese"),
    [
        ("a", "(reconcilery, rule a)", "（reconcilery，规则 a）"),
        ("ab", "(reconcilery, rules a, b)", "（reconcilery，规则 a、b）"),
        ("abcd", "(reconcilery, 4 rules)", "（reconcilery，4 条规则）"),
    ],
)
def test_many_rules_are_counted_in_the_title(rules: str, english: str, chinese: str) -> None:
    message = a_message(*(an_alert(rule=rule) for rule in rules), rule=", ".join(rules))
    assert ENGLISH.title(message).endswith(english)
    assert CHINESE.title(message).endswith(chinese)
