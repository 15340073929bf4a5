"""The product's own events in Chinese, for those who read them where they are kept, in English."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Callable, Mapping
from types import MappingProxyType

from consistency.events import OWN_TYPES, Event
from consistency.model import parse_utc
from notifiers.messages.chinese_events import CHINESE_EVENTS
from notifiers.messages.chinese_remarks import chinese_remark
from notifiers.messages.chinese_seen import chinese_verdict
from notifiers.messages.event_facts import exceeded, notice_of_event, sentence, word
from notifiers.messages.message import NoticeFact
from notifiers.messages.reader import Reader

_GIB = 2**30
_SHORT_ID = 8
#: Of these people are not told, so that no message has a sentence for them.
_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "repair_planned": "修复计划已完成",
        "repair_started": "修复已开始",
        "repair_resumed": "修复已继续",
        "repair_verifying": "修复正在验证",
        "repair_rolling_back": "修复正在撤销",
    }
)


def chinese_own_event(event: Event, service: str, reader: Reader) -> str:
    """What it says; empty for an event of somebody else than the product, whose service that is."""
    try:
        if event.event_type in OWN_TYPES:
            return _repair(event)
        says = next((say for begin, say in _BY_ID.items() if event.id.startswith(begin)), None)
        return says(event, reader) if says and event.service == service else _sign_of_life(event)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        # Whoever may send events may also take such an id.
        return ""


def _repair(event: Event) -> str:
    notice = notice_of_event(event, parse_utc(event.timestamp))
    run, limit = word(notice, "run_id")[:_SHORT_ID], exceeded(notice)
    reason = chinese_remark(word(notice, "reason"), event.details.get("remarks"))
    more = (f"：{reason}" if reason else "", f"，超过上限 {limit}" if limit else "", f"（{run}）" if run else "")
    return _happened(notice) + "".join(more)


def _happened(notice: NoticeFact) -> str:
    """A plan that waits for somebody names the command, any other is only a step."""
    waits = notice.event_type == "repair_planned" and word(notice, "command")
    step = "" if waits else _STEPS.get(notice.event_type, "")
    return step or sentence(notice, CHINESE_EVENTS) or notice.message


def _check(event: Event, _: Reader) -> str:
    return chinese_verdict(event.details["health"], event.metrics)


def _storage(event: Event, _: Reader) -> str:
    host, folder = event.details["host"], event.details["folder"]
    share, free = event.metrics["free_share"], event.metrics["free_bytes"]
    return f"{host} 上 {folder} 所在的磁盘剩余 {share:.1%}（{free / _GIB:.1f} GiB）"


def _overdue(event: Event, reader: Reader) -> str:
    return f"规则 {event.details['rule']} 的快速检查逾期：上一次结束于 {reader.moment(event.details['last'])}"


def _sign_of_life(event: Event) -> str:
    """What the interface for services sends by itself, word for word."""
    instance, status = event.details["instance"], event.details["status"]
    says = {"running": f"{instance} 正在运行", "stopped": f"{instance} 已停止"}
    return says[status] if event.message == f"{instance} is {status}" else ""


_BY_ID: Mapping[str, Callable[[Event, Reader], str]] = MappingProxyType(
    {"check-": _check, "storage-": _storage, "overdue-": _overdue}
)
