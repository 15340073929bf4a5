"""What is said of a repair, in Chinese: by code, from the values that the events of the repair keep."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from notifiers.messages.figures import figure

CHINESE_REMARKS: Mapping[str, str] = MappingProxyType(
    {
        "paused_by": "由 {by} 暂停",
        "unknown_to_provider": "前 {finished} 个任务中，提供方没有其中 {unknown} 个的记录；请确认密钥和站点是否正确",
        "many_failed": "{finished} 个任务中有 {failed} 个未能修复",
        "last_failed": "最近 {failed} 个任务都未能修复",
        "beyond_cap": "{planned} 个任务超过上限 {cap}（repair_cap）",
        "beyond_share": "{tasks} 个任务中的 {planned} 个超过时间窗口的 {share}（repair_share）",
        "no_repair": "{tasks} 个任务无需修复或无法修复，原因见各任务",
        "beyond_max_tasks": "另有 {tasks} 个任务缺少输出，超出 --max-tasks {max_tasks}",
        "not_all_asked": "未能就最先的任务全部询问提供方：{reason}",
        "provider_refuses": "提供方拒绝：{why}",
        "answers": "提供方对最先 {tasks} 个任务的答复：{kinds}",
        "still_missing": "范围内另有 {missing} 个任务缺少输出，计划时尚未发现；请重新计划",
    }
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "found": "有输出",
        "no_output": "无输出",
        "later": "尚未结束",
        "upstream_failed": "失败",
        "gone": "无此任务",
        "bad_item": "编号被拒绝",
        "transient": "暂时无法答复",
        "limited": "询问过于频繁",
        "link_expired": "链接已失效",
        "stop_run": "拒绝访问",
    }
)


def chinese_remark(text: str, remarks: object) -> str:
    """The text in Chinese where one of the remarks that an event keeps is of these words; else as it is."""
    known = remarks if isinstance(remarks, list) else []
    same = (each for each in known if isinstance(each, Mapping) and each.get("text") == text)
    return next(filter(None, map(_said, same)), text)


def _said(remark: Mapping[str, Any]) -> str:
    """Empty where the code is none that is known, or its values are others."""
    try:
        return CHINESE_REMARKS[remark["code"]].format_map(_shown(remark["values"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


def _shown(values: Mapping[str, Any]) -> dict[str, object]:
    shown = {name: figure(value) if isinstance(value, int) else value for name, value in values.items()}
    if "kinds" in values:
        shown["kinds"] = "，".join(f"{figure(count)} 个{_KINDS[kind]}" for kind, count in values["kinds"].items())
    return shown
