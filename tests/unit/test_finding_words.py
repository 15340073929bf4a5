"""Findings in the reader's language: the product's own are said anew, what others wrote stands as it is."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from api.report.words.findings import finding_words
from api.report.words.wording import Wording
from consistency.model import Finding, Level, Window
from monitor_tasks.full_reads import BigTable
from monitor_tasks.performance import slow_statements
from monitor_tasks.scan import Timing
from monitor_tasks.trends import HOUR, HourPoint
from monitor_tasks.volume import volume_findings

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
CHINESE = Wording("zh", ZoneInfo("Asia/Shanghai"))
ENGLISH = Wording("en", ZoneInfo("Asia/Shanghai"))
TABLE = BigTable(Table("tasks", MetaData(), Column("id", Integer), schema="shop"), 1_234_567)


def outage(tasks: int) -> Finding:
    """Three hours with so many tasks each, where a hundred are usual."""
    start = MONDAY + 37 * 24 * HOUR
    counts = [(MONDAY + number * HOUR, 100) for number in range(37 * 24)]
    counts += [(start + number * HOUR, tasks) for number in range(3)]
    points = [HourPoint(at, count, count, 0, None, None, None) for at, count in counts]
    (found,) = volume_findings(points, Window(start, start + 3 * HOUR), ZoneInfo("UTC"))
    return found


def slow() -> Finding:
    (found,) = slow_statements([Timing("tasks", 16.25, 1)], timedelta(seconds=5))
    return found


def reads_whole(code: str) -> Finding:
    return TABLE.finding(Level.LOW, code, "is slow", "CREATE INDEX x", ["tasks", "outputs without task"])


SAID: list[tuple[Finding, str, str]] = [
    (
        outage(30),
        "2026-07-08 08:00 至 2026-07-08 11:00 有 90 个成功的任务，少于平常：预期 300（247 至 353），n=27",
        "查看任务是否仍在到来，是否仍然成功",
    ),
    (
        outage(900),
        "2026-07-08 08:00 至 2026-07-08 11:00 有 2,700 个成功的任务，多于平常：预期 300（247 至 353），n=27",
        "查看任务是否被启动了两次，或是批量导入的",
    ),
    (slow(), "查询“任务”用了 16 秒；5.0 秒起算慢", "`reconcilery doctor` 会说明是否缺少索引"),
    (
        reads_whole("index_missing"),
        "表 shop.tasks（约 1,234,567 行）缺少查询“任务”、“没有任务的输出”所需的索引",
        "CREATE INDEX x",
    ),
    (
        reads_whole("read_whole"),
        "表 shop.tasks（约 1,234,567 行）虽有索引，查询“任务”、“没有任务的输出”仍从头到尾读它",
        "CREATE INDEX x",
    ),
]


@pytest.mark.parametrize(("finding", "message", "fix"), SAID, ids=lambda each: getattr(each, "code", ""))
def test_the_products_own_findings_are_said_in_chinese(finding: Finding, message: str, fix: str) -> None:
    assert finding_words(finding.as_dict(), CHINESE) == (message, fix)
    assert finding_words(finding.as_dict(), ENGLISH) == (finding.message, finding.fix)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"code": "of tomorrow", "values": {}},
        {"code": "volume_low"},
        {"code": "volume_low", "values": {"tasks": 1}},
        {"code": "volume_low", "values": [1]},
        {"code": "volume_low", "values": {"start": "yesterday"}},
        {"code": "slow_statement", "values": {"statement": None, "seconds": "long", "limit_seconds": 1}},
        {"code": "read_whole", "values": {"table": "t", "rows": 1, "statements": 7}},
        {"code": ["read_whole"], "values": {}},
    ],
    ids=str,
)
def test_what_cannot_be_said_anew_stands_as_it_was_written(more: dict[str, Any]) -> None:
    assert finding_words({"message": "as it was", "fix": "{this}", **more}, CHINESE) == ("as it was", "{this}")
    assert finding_words({"message": "as it was", **more}, CHINESE) == ("as it was", "")


def test_what_users_find_has_neither_code_nor_values() -> None:
    assert Finding("mine", Level.LOW, "three files lack a name").as_dict() == {
        "source": "mine",
        "level": "low",
        "message": "three files lack a name",
        "fix": "",
    }
