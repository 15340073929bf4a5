"""What the product itself has seen, in Chinese, from the values that are kept beside its English sentences."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from consistency.model import Level
from consistency.rules import completion_rate, health_of, rate_text
from notifiers.messages.chinese_findings import chinese_found
from notifiers.messages.figures import figure
from notifiers.messages.reader import Reader

CHINESE_CHECKS: Mapping[str, str] = MappingProxyType(
    {"quick": "快速检查", "full": "完整检查", "deep": "深度检查", "range": "区间检查"}
)
CHINESE_HEALTH: Mapping[str, str] = MappingProxyType(
    {"healthy": "健康", "degraded": "降级", "unhealthy": "异常", "unknown": "未知"}
)

CHINESE_LEVELS: Mapping[Level, str] = MappingProxyType(
    {Level.LOW: "低", Level.MEDIUM: "中", Level.HIGH: "高", Level.CRITICAL: "严重"}
)

Labels = Mapping[str, str]
Values = Mapping[str, Any]


def chinese_verdict(health: str, numbers: Values) -> str:
    """A check's verdict, of its counts and its coverage; KeyError, TypeError or ValueError where these are none."""
    return f"{CHINESE_HEALTH[health]}：{'，'.join(_found(numbers, numbers.get('coverage', 1)))}"


def chinese_seen(kind: str, labels: Labels, payload: Values, reader: Reader) -> str:
    """What was seen of an alert of that kind; empty where only the sentence that was kept says it."""
    try:
        return _SEEN[kind](labels, payload, reader)
    except (KeyError, TypeError, ValueError, AttributeError):
        # What an earlier version has kept may lack the values.
        return ""


def _found(numbers: Values, coverage: float) -> list[str]:
    if coverage == 0:
        return ["未能测量"]
    partly = [f"只测量了 {int(100 * coverage)} % 的时段"] if coverage < 1 else []
    tasks, missing, late = numbers["tasks"], numbers["missing"], numbers.get("late")
    if not tasks:
        return [*partly, "这段时间没有成功的任务"]
    said = f"{figure(tasks)} 个成功的任务中 {rate_text(tasks - missing, tasks)} 有输出，{figure(missing)} 个缺少输出"
    return [*partly, said, *([] if late is None else [f"{figure(late)} 个延迟"])]


def _outputs(_: Labels, payload: Values, __: Reader) -> str:
    numbers = payload["numbers"]
    tasks, missing = numbers["tasks"], numbers["missing"]
    return chinese_verdict(health_of(completion_rate(tasks - missing, tasks)), numbers)


def _finding(_: Labels, payload: Values, reader: Reader) -> str:
    return chinese_found(payload["found"], reader)


def _checker(labels: Labels, payload: Values, reader: Reader) -> str:
    since, every = reader.moment(payload["silent_since"]), reader.length(payload["due_every"])
    return f"自 {since} 起没有完整的{CHINESE_CHECKS[labels['check']]}，应每 {every}一次"


def _channel(labels: Labels, payload: Values, _: Reader) -> str:
    name = labels["channel"]
    return f"渠道 {name} 故障：{payload['trouble']}" if "trouble" in payload else f"渠道 {name} 恢复正常"


def _service(labels: Labels, payload: Values, reader: Reader) -> str:
    if "silent_since" not in payload:
        return f"服务 {labels['service']} 不再失联"
    since, every = reader.moment(payload["silent_since"]), reader.length(payload["due_every"])
    return f"自 {since} 起没有 {labels['service']} 的心跳，应每 {every}一次"


_SEEN: Mapping[str, Callable[[Labels, Values, Reader], str]] = MappingProxyType(
    {
        "missing_outputs": _outputs,
        "finding": _finding,
        "checker_silent": _checker,
        "channel_broken": _channel,
        "service_silent": _service,
    }
)
