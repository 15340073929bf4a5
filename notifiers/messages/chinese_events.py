"""What has happened, in Chinese; see event_facts on how the sentences are filled in."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "test": "由程序发送",
        "test by": "由 {by} 发送",
        "repair_planned": "修复计划等待执行：计划修复 {planned} 个任务",
        "repair_approval_needed": "修复等待批准：计划修复 {planned} 个任务",
        "repair_paused": "修复已自动暂停",
        "repair_paused by": "{by} 已暂停修复",
        "repair_failed": "修复失败",
        "repair_cancelled": "修复已取消",
        "repair_cancelled by": "{by} 已取消修复",
        "repair_succeeded": "修复完成：{wanted} 个输出中已恢复 {restored} 个",
        "repair_succeeded missing": "修复完成：{wanted} 个输出中已恢复 {restored} 个，仍缺少 {missing} 个",
        "repair_succeeded_with_leftovers": "修复完成：{wanted} 个输出中已恢复 {restored} 个",
        "repair_succeeded_with_leftovers missing": (
            "修复完成：{wanted} 个输出中已恢复 {restored} 个，仍缺少 {missing} 个"
        ),
        "repair_rolled_back": "修复已撤销：删除 {deleted} 行",
        "repair_rolled_back_partial": "修复已部分撤销：删除 {deleted} 行，保留 {kept_changed} 行（此后已被修改）",
    }
)
