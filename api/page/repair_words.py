"""What is said of a repair in the language of whoever reads; what a provider or a person has said stands as it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from api.page.wording import Words
from consistency.remarks import Remark
from notifiers.messages.chinese_remarks import chinese_remark


def remark_words(problems: Iterable[Remark], events: Iterable[Mapping[str, Any]], words: Words) -> Callable[[str], str]:
    """Says one of the run's sentences: its problems know their codes, or the payloads of its events do."""
    if words.language != "zh":
        return str
    known = [asdict(remark) for remark in problems]
    for event in events:
        known += event["payload"].get("remarks") or []
    return lambda text: chinese_remark(text, known)
