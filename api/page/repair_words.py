"""What is said of a repair in the language of whoever reads; what a provider or a person has said stands as it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from api.page.phrases.chinese_outcomes import CHINESE_ASKED, CHINESE_CODES, CHINESE_DETAILS
from api.page.wording import Words
from compensation.details import ASKED, DETAILS
from consistency.remarks import Remark
from notifiers.messages.chinese_remarks import chinese_remark


def outcome_words(item: Mapping[str, Any], words: Words) -> str:
    """What became of a task, as its detail says it; empty where that says nothing."""
    detail = str(item["detail"] or "")
    if words.language != "zh" or not detail:
        return detail
    name, told = ASKED.read(detail)
    if name:
        return CHINESE_ASKED.format(detail=_detail(item["code"], told["detail"]), times=told["times"])
    return _detail(item["code"], detail)


def _detail(code: str | None, detail: str) -> str:
    """The product's own sentence anew, or somebody's words behind what the product's own code says."""
    name, values = DETAILS.read(detail)
    if name:
        return CHINESE_DETAILS[name].format_map(values)
    known = CHINESE_CODES.get(code or "")
    return f"{known}：{detail}" if known else detail  # noqa: RUF001 - a Chinese colon


def remark_words(problems: Iterable[Remark], events: Iterable[Mapping[str, Any]], words: Words) -> Callable[[str], str]:
    """Says one of the run's sentences: its problems know their codes, or the payloads of its events do."""
    if words.language != "zh":
        return str
    known = [asdict(remark) for remark in problems]
    for event in events:
        known += event["payload"].get("remarks") or []
    return lambda text: chinese_remark(text, known)
