"""What a check could not do, in Chinese, by code; what a database or a custom check has said stands as it is."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from consistency.model import parse_utc
from notifiers.messages.figures import figure
from notifiers.messages.reader import Reader

CHINESE_PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "part_not_measured": "{start} 至 {end} 未能测量：{reason}",
        "tasks_without_time": "{tasks} 个成功的任务在 done_at 的各列中都没有时间",
        "tasks_in_the_future": "{tasks} 个成功的任务完成时间在未来；parent.tz 是否正确？",
        "future_not_looked_for": "未能查找未来的完成时间：{reason}",
        "no_database_advice": "未能检查数据库：{reason}",
        "no_segments": "未能按列统计：{reason}",
        "not_broken_down": "未能按列统计缺失的任务：{reason}",
        "custom_check_left_behind": "自定义检查 {name} 用时超过 {limit_seconds}，已不再等待",
        "custom_check_failed": "自定义检查 {name} 失败：{error}",
        "custom_check_returned_no_findings": "自定义检查 {name} 返回了 {returned}，应返回发现（Finding）",
        "custom_check_returned_another": "自定义检查 {name} 返回的发现中有 {returned}",
        "custom_check_returned_too_many": "自定义检查 {name} 返回的发现超过 {most} 个，其余已略去",
        # Why it could not; where a whole check has failed, these stand alone.
        "tried_without_end": "尝试了 {times} 次，都没有结束",
        "rule_changed": "检查期间规则 {rule} 被修改；请重新检查",
        "statement_timeout": "{where} 上有语句超过了时间限制",
        "database_unavailable": "数据库 {where} 无法使用：{said}",
        "database_refused": "数据库 {where} 拒绝了一条语句：{said}",
        "own_table_missing": "{where} 中缺少自有数据表：{said}；请运行 `reconcilery init`",
        "value_unreadable": "有一个值无法读取：{said}",
    }
)


def chinese_problem(text: str, kept: Mapping[str, Any], reader: Reader) -> str:
    """By the `code` and the `values` that are kept of it; the text as it is where these do not say it."""
    try:
        return CHINESE_PROBLEMS[kept["code"]].format_map(_shown(kept["values"], reader))
    except (KeyError, TypeError, ValueError, AttributeError):
        # A line of a day file may have been written by a stranger.
        return text


def chinese_reason(values: Mapping[str, Any], reader: Reader) -> str:
    """The reason among the values of what it explains."""
    kept = {"code": values.get("reason_code"), "values": values.get("reason_values")}
    return chinese_problem(str(values["reason"]), kept, reader)


def _shown(values: Mapping[str, Any], reader: Reader) -> dict[str, object]:
    shown: dict[str, object] = {
        name: figure(value) if isinstance(value, int) else value for name, value in values.items()
    }
    if "start" in values:
        shown["start"], shown["end"] = reader.ends(parse_utc(values["start"]), parse_utc(values["end"]))
    if "limit_seconds" in values:
        shown["limit_seconds"] = reader.length(values["limit_seconds"])
    if "reason" in values:
        shown["reason"] = chinese_reason(values, reader)
    return shown
