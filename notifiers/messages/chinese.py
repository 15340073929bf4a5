"""Messages in Chinese."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from consistency.events import event_object
from consistency.model import Level, parse_utc
from notifiers.messages.chinese_events import CHINESE_EVENTS
from notifiers.messages.chinese_findings import CHINESE_SOURCES, chinese_finding, chinese_found
from notifiers.messages.chinese_own_events import chinese_own_event
from notifiers.messages.chinese_remarks import chinese_remark
from notifiers.messages.chinese_seen import CHINESE_CHECKS, CHINESE_LEVELS
from notifiers.messages.event_facts import sentence, word
from notifiers.messages.figures import figure, in_one_unit, percent, share
from notifiers.messages.message import AlertFact, Mostly, NoticeFact, Onset, Repaired
from notifiers.messages.moments import ends_text, local_text
from notifiers.messages.phrases import MOST_RULES

_REASONS = {
    "repeat": "问题仍在持续。",
    "escalated": "至今无人认领。",
    "severity_up": "情况加重。",
    "new_alerts": "出现了新的问题。",
    "unsilenced": "静默已结束，问题仍在持续。",
    "reopened": "问题再次出现。",
    "flapping": "状态反复变化，稳定后会再通知。",
    "ack_expired": "认领已过期，问题仍在持续。",
    "test": "收到这条消息说明渠道可用，系统并无异常。",
}
_NAMES = {
    "rule": "规则",
    "check": "检查",
    "source": "来源",
    "channel": "渠道",
    "service": "服务",
    "outputs": "输出",
    "numbers": "数值",
    "window": "时间窗口",
    "since": "开始时间",
    "lasted": "持续时间",
    "trouble": "错误",
    "mostly": "主要是",
    "onset": "下降",
    "top": "任务",
    "repair": "修复",
    "state": "状态",
    "reason": "原因",
    "exceeded": "超过上限",
    "take_on": "认领",
    "run": "运行",
    "fix": "下一步",
    "command": "下一步",
    "undo": "撤销",
    "link": "详情",
    "at": "时间",
}
_UNITS = {"s": "秒", "min": "分钟", "h": "小时", "d": "天"}


class Chinese:
    """See Phrases."""

    colon = "："
    listing = "，"
    levels: Mapping[Level, str] = CHINESE_LEVELS
    checks: Mapping[str, str] = CHINESE_CHECKS
    sources: Mapping[str, str] = CHINESE_SOURCES
    names: Mapping[str, str] = MappingProxyType(_NAMES)

    def about(self, service: str, rules: Sequence[str]) -> str:
        if len(rules) > MOST_RULES:
            return f"{service}，{figure(len(rules))} 条规则"
        return f"{service}，规则 {'、'.join(rules)}" if rules else service

    def titled(self, what: str, about: str) -> str:
        return f"{what}（{about}）"

    def wrong(self, alert: AlertFact, zone: ZoneInfo) -> str:
        numbers = alert.numbers
        if alert.kind == "missing_outputs" and {"missing", "tasks"} <= numbers.keys():
            return f"{figure(numbers['tasks'])} 个任务中有 {figure(numbers['missing'])} 个缺少输出"
        if alert.kind == "checker_silent":
            return f"{_check_of(alert)}没有按时完成"
        if alert.kind == "channel_broken":
            return f"渠道 {alert.labels.get('channel', '')} 故障"
        if alert.kind == "service_silent":
            return f"服务 {alert.labels.get('service', '')} 失去心跳"
        if alert.found:
            return chinese_found(alert.found.model_dump(), _Reader(zone))
        return alert.summary.strip() or alert.kind.replace("_", " ")

    def over(self, alert: AlertFact, zone: ZoneInfo) -> str:
        if alert.kind == "missing_outputs":
            return f"已恢复：{_check_of(alert)}不再缺少输出"
        if alert.kind == "checker_silent":
            return f"已恢复：{_check_of(alert)}恢复运行"
        if alert.kind == "channel_broken":
            return f"已恢复：渠道 {alert.labels.get('channel', '')} 恢复正常"
        if alert.kind == "service_silent":
            return f"已恢复：服务 {alert.labels.get('service', '')} 不再失联"
        return f"已恢复：{self.wrong(alert, zone)}"

    def fix(self, alert: AlertFact, zone: ZoneInfo) -> str:
        found = alert.found.model_dump() if alert.found else {"message": ""}
        return chinese_finding({**found, "fix": alert.fix}, _Reader(zone))[1]

    def event(self, notice: NoticeFact) -> str:
        return sentence(notice, CHINESE_EVENTS)

    def retold(self, notice: NoticeFact, zone: ZoneInfo) -> str:
        event = event_object(notice.body, notice.own_id)
        return chinese_own_event(event, notice.service if notice.own_id else "", _Reader(zone))

    def cause(self, notice: NoticeFact) -> str:
        return chinese_remark(word(notice, "reason"), notice.details.get("remarks"))

    def beside(self, firing: int, resolved: int) -> str:
        return (f"，另有 {figure(firing)} 个告警" if firing else "") + (
            f"，{figure(resolved)} 个已恢复" if resolved else ""
        )

    def all_over(self, count: int) -> str:
        return f"已恢复：全部 {figure(count)} 个告警"

    def more_events(self, count: int) -> str:
        return f"，另有 {figure(count)} 个事件"

    def test(self, service: str) -> str:
        return f"{service} 的测试消息"

    def reason(self, reason: str) -> str:
        return _REASONS.get(reason, "")

    def instead_of(self, channel: str) -> str:
        return f"渠道 {channel} 故障，本消息由此处代发。"

    def numbers(self, alert: AlertFact) -> str:
        numbers = alert.numbers
        if alert.kind != "missing_outputs":
            return self.listing.join(f"{name.replace('_', ' ')} {figure(value)}" for name, value in numbers.items())
        said = [f"完整率 {rate}"] if (rate := share(alert)) else []
        return self.listing.join([*said, *([f"{figure(numbers['late'])} 个延迟"] if numbers.get("late") else [])])

    def span(self, start: str, end: str) -> str:
        return f"{start} 至 {end}"

    def mostly(self, mostly: Mostly) -> str:
        what = f"没有 {mostly.column}" if mostly.value is None else f"{mostly.column} 为 {mostly.value}"
        return f"{what}（{figure(mostly.of)} 个中的 {figure(mostly.missing)} 个）"

    def onset(self, onset: Onset, at: str, until: str) -> str:
        fall = f"{at} 起，从 {percent(onset.rate_before)} 降至 {percent(onset.rate_after)}"
        return fall + (f"，至 {until}" if until else "")

    def overdue(self, since: str, length: str, every: str) -> str:
        return f"{since}，已持续 {length}，应每 {every}一次"

    def lasting(self, since: str, length: str, seen: int) -> str:
        return f"{since}，已持续 {length}" + (f"，出现 {figure(seen)} 次" if seen > 1 else "")

    def length(self, length: timedelta) -> str:
        number, unit = in_one_unit(length)
        return f"{number} {_UNITS[unit]}"

    def repaired(self, repaired: Repaired) -> str:
        return f"{figure(repaired.wanted)} 个输出中已恢复 {figure(repaired.restored)} 个"

    def state(self, alert: AlertFact) -> list[str]:
        return [
            *([f"{alert.acked_by} 已认领"] if alert.acked_by else []),
            *(["已有一段时间未再检查，情况可能有变"] if alert.stale else []),
            *(["状态反复变化"] if alert.flapping else []),
            *([f"由 {alert.resolved_by} 标记为已恢复"] if alert.resolved_by else []),
        ]

    def more(self, count: int) -> str:
        return f"另有 {figure(count)} 个"

    def more_alerts(self, count: int) -> str:
        return f"另有 {figure(count)} 个，查看全部：reconcilery alerts list"

    def more_listed(self, count: int) -> str:
        return f"另有 {figure(count)} 个，查看全部事件：reconcilery events list"

    def template_failed(self, why: str) -> str:
        return f"（本渠道的模板出错，已改用标准消息：{why}）"


@dataclass(frozen=True, slots=True)
class _Reader:
    """See Reader; what statements take is told more exactly than what lasts."""

    zone: ZoneInfo

    def moment(self, text: str | datetime) -> str:
        return local_text(parse_utc(text) if isinstance(text, str) else text, self.zone)

    def ends(self, start: datetime, end: datetime) -> tuple[str, str]:
        return ends_text(start, end, self.zone)

    def length(self, seconds: float) -> str:
        return f"{figure(seconds)} 秒"


def _check_of(alert: AlertFact) -> str:
    check = alert.labels.get("check", "")
    return CHINESE_CHECKS.get(check, check) or "检查"
