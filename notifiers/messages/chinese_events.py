"""What has happened, in Chinese."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Callable, Mapping

from notifiers.messages.event_facts import actor, number
from notifiers.messages.figures import figure
from notifiers.messages.message import NoticeFact


def event_in_chinese(notice: NoticeFact) -> str:
    """What has happened, without a full stop; empty for an event of others, which bring words of their own."""
    said = _SAID.get(notice.event_type)
    return said(notice) if said else ""


def _test(notice: NoticeFact) -> str:
    return f"由 {actor(notice) or '系统'} 发送"


def _approval_needed(notice: NoticeFact) -> str:
    return f"修复等待批准：计划修复 {_figure(notice, 'planned')} 个任务"


def _paused(notice: NoticeFact) -> str:
    by = actor(notice)
    return f"{by} 已暂停修复" if by else "修复已自动暂停"


def _failed(_: NoticeFact) -> str:
    return "修复失败"


def _cancelled(notice: NoticeFact) -> str:
    by = actor(notice)
    return f"{by} 已取消修复" if by else "修复已取消"


def _restored(notice: NoticeFact) -> str:
    restored = f"修复完成：{_figure(notice, 'wanted')} 个输出中已恢复 {_figure(notice, 'restored')} 个"
    return restored + (f"，仍缺少 {_figure(notice, 'missing')} 个" if number(notice, "missing") else "")


def _rolled_back(notice: NoticeFact) -> str:
    return f"修复已撤销：删除 {_figure(notice, 'deleted')} 行"


def _rolled_back_partial(notice: NoticeFact) -> str:
    kept = f"保留 {_figure(notice, 'kept_changed')} 行（此后已被修改）"
    return f"修复已部分撤销：删除 {_figure(notice, 'deleted')} 行，{kept}"


def _figure(notice: NoticeFact, name: str) -> str:
    return figure(number(notice, name))


_SAID: Mapping[str, Callable[[NoticeFact], str]] = {
    "test": _test,
    "repair_approval_needed": _approval_needed,
    "repair_paused": _paused,
    "repair_failed": _failed,
    "repair_cancelled": _cancelled,
    "repair_succeeded": _restored,
    "repair_succeeded_with_leftovers": _restored,
    "repair_rolled_back": _rolled_back,
    "repair_rolled_back_partial": _rolled_back_partial,
}
