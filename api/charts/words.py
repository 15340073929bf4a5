"""What charts say besides numbers, in English and in Chinese."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class ChartWords:
    """The words of one language; braces hold what is filled in."""

    health: Mapping[str, str]
    no_check: str
    beats: str
    seen: str
    now: str
    seen_legend: str
    now_legend: str
    line: str
    empty_line: str
    volume: str
    empty_volume: str
    band: str
    few: str
    many: str
    tasks: str
    lateness: str
    empty_lateness: str
    late: str
    lasted: str
    beyond: str
    outputs: str
    working: str
    empty_working: str
    worked: str
    marks: str


ENGLISH = ChartWords(
    health=MappingProxyType({name: name for name in ("healthy", "degraded", "unhealthy", "unknown")}),
    no_check="no check ran",
    beats="From {start} to {end}: {counts}.",
    seen="as the checks saw it",
    now="as counted since",
    seen_legend="━ {}",
    now_legend="┅ {}",
    line="From {start} to {end}; lowest {lowest} at {lowest_at}, last {last}.",
    empty_line="From {start} to {end} nothing was measured.",
    volume="{total} tasks from {start} to {end}; most in one bar: {most}.",
    empty_volume="From {start} to {end} no task was counted.",
    band="usual",
    few="fewer than usual",
    many="more than usual",
    tasks="{} tasks",
    lateness="{total} first outputs; most of them took {mode}.",
    empty_lateness="No delay was measured.",
    late="late",
    lasted="{} to {}",
    beyond="{} and longer",
    outputs="{} outputs",
    working="From {start} to {end} the database worked {total} s for the checks; most in one bar: {most} s.",
    empty_working="From {start} to {end} no check asked the database.",
    worked="{} s",
    marks="Marked: {}.",
)

CHINESE = ChartWords(
    health=MappingProxyType({"healthy": "健康", "degraded": "降级", "unhealthy": "异常", "unknown": "未知"}),
    no_check="没有检查",
    beats="{start} 至 {end}：{counts}。",
    seen="检查当时所见",
    now="事后统计",
    seen_legend="━ {}",
    now_legend="┅ {}",
    line="{start} 至 {end}；最低 {lowest}（{lowest_at}），最新 {last}。",
    empty_line="{start} 至 {end} 没有测量。",
    volume="{start} 至 {end} 共 {total} 个任务；单柱最多 {most} 个。",
    empty_volume="{start} 至 {end} 没有统计到任务。",
    band="通常范围",
    few="少于平常",
    many="多于平常",
    tasks="{} 个任务",
    lateness="{total} 个首个输出；多数耗时 {mode}。",
    empty_lateness="没有测量到延迟。",
    late="延迟",
    lasted="{} 至 {}",
    beyond="{} 以上",
    outputs="{} 个输出",
    working="{start} 至 {end} 数据库为检查工作 {total} 秒；单柱最多 {most} 秒。",
    empty_working="{start} 至 {end} 没有检查查询数据库。",
    worked="{} 秒",
    marks="标记：{}。",
)

_LANGUAGES = {"en": ENGLISH, "zh": CHINESE}


def words_of(language: str) -> ChartWords:
    """The words of `en` or `zh`."""
    return _LANGUAGES[language]
