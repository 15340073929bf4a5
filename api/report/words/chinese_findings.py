"""Findings in Chinese: by code what was found, and what helps; where that is empty, it is SQL and stands as it is."""
# ruff: noqa: RUF001 - Chinese is written with Chinese commas, colons and brackets.

from collections.abc import Mapping
from types import MappingProxyType

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
