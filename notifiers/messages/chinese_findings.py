"""Findings in Chinese: by code what was found, and what helps; where that is empty, it is SQL and stands as it is.

Findings are stored in English; those that the product makes itself bring a code, and the values to say them anew.
"""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from consistency.model import parse_utc
from notifiers.messages.chinese_problems import chinese_reason
from notifiers.messages.figures import figure
from notifiers.messages.reader import Reader

_COUNTED = "{start} 至 {end} 有 {tasks} 个成功的任务"
_USUAL = "预期 {expected}（{lower} 至 {upper}），n={n}"
_TABLE = "表 {table}（约 {rows} 行）"

CHINESE_FINDINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "volume_low": (f"{_COUNTED}，少于平常：{_USUAL}", "查看任务是否仍在到来，是否仍然成功"),
        "volume_high": (f"{_COUNTED}，多于平常：{_USUAL}", "查看任务是否被启动了两次，或是批量导入的"),
        "slow_statement": (
            "查询“{statement}”用了 {seconds}；{limit_seconds}起算慢",
            "`reconcilery doctor` 会说明是否缺少索引",
        ),
        "not_measured": ("未能测量：{reason}", "见 `reconcilery doctor`"),
        "index_missing": (f"{_TABLE}缺少查询{{statements}}所需的索引", ""),
        "index_missing_read_whole": (f"{_TABLE}缺少索引，查询{{statements}}要从头到尾读它", ""),
        "index_missing_not_counted": (f"{_TABLE}缺少查询{{statements}}所需的索引，因此不作统计", ""),
        "read_whole": (f"{_TABLE}虽有索引，查询{{statements}}仍从头到尾读它", ""),
    }
)
CHINESE_STATEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "tasks": "任务",
        "second look at missing tasks": "复查缺失任务",
        "columns of missing tasks": "读取缺失任务的分组列",
        "outputs without task": "没有任务的输出",
        "finish times in the future": "未来的完成时间",
        "tasks without any finish time": "没有完成时间的任务",
    }
)
CHINESE_SOURCES: Mapping[str, str] = MappingProxyType({"database": "数据库", "volume": "任务量"})


def chinese_finding(finding: Mapping[str, Any], reader: Reader) -> tuple[str, str]:
    """What was found and what helps; as it was written where that is all there is."""
    message, fix = str(finding["message"]), str(finding.get("fix") or "")
    known = CHINESE_FINDINGS.get(str(finding.get("code")))
    if known is None:
        return message, fix
    try:
        return known[0].format_map(_shown(finding["values"], reader)), known[1] or fix
    except (KeyError, TypeError, ValueError, AttributeError):
        # A line of a day file may have been written by a stranger.
        return message, fix


def chinese_found(found: Mapping[str, Any], reader: Reader) -> str:
    """What is told of the gravest finding of a source, and how many `more` there are."""
    more = f"（另有 {figure(found['more'])} 个）" if found.get("more") else ""
    return f"{chinese_finding(found, reader)[0]}{more}"


def _shown(values: Mapping[str, Any], reader: Reader) -> dict[str, object]:
    shown: dict[str, object] = {
        name: figure(value) if isinstance(value, int) else value for name, value in values.items()
    }
    if "start" in values:
        shown["start"], shown["end"] = reader.ends(parse_utc(values["start"]), parse_utc(values["end"]))
    shown |= {name: reader.length(values[name]) for name in ("seconds", "limit_seconds") if name in values}
    if "statement" in values:
        shown["statement"] = _statement(values["statement"])
    if "statements" in values:
        shown["statements"] = "、".join(f"“{_statement(name)}”" for name in values["statements"])
    if "reason" in values:
        shown["reason"] = chinese_reason(values, reader)
    return shown


def _statement(name: str) -> str:
    return CHINESE_STATEMENTS.get(name, name.replace("_", " "))
