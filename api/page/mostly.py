"""For whom outputs are missing, in one sentence."""

from typing import Any

from api.page.wording import Words
from consistency.main_group import main_group


def mostly_text(report: dict[str, Any], words: Words) -> str:
    """`27 of 31 are workflow img2video.`; empty where no value stands out."""
    group = main_group(report.get("missing_by"))
    if group is None:
        return ""
    looked_at = group.of < report["counts"]["missing"]
    of = words.say("mostly_looked_at", of=group.of) if looked_at else words.figure(group.of)
    if group.value is None:
        return words.say("mostly_none", missing=group.missing, of=of, column=group.column)
    return words.say("mostly", missing=group.missing, of=of, column=group.column, value=group.value)
