"""The history of an alert as the page shows it."""

from collections.abc import Mapping
from typing import Any

from api.page.wording import Words
from api.report.words.findings import untold_words
from consistency.model import utc_text
from notifiers.alerts.history import Entry
from notifiers.messages.chinese_seen import chinese_seen


def change_row(entry: Entry, words: Words) -> dict[str, Any]:
    """One line of it; of what was seen or said the words of people alone."""
    return {
        "at": utc_text(entry.at),
        "change": words.known("change", entry.change),
        "level": entry.level,
        "actor": entry.actor,
        "said": _said(entry, entry.payload, words),
    }


def _said(entry: Entry, payload: Mapping[str, Any], words: Words) -> str:
    """What a person has noted stands as it is; what was seen is kept in English, with the values to say it anew."""
    if payload.get("note"):
        return str(payload["note"])
    if payload.get("summary") and words.language == "zh":
        return chinese_seen(entry.kind, entry.labels, payload, words.report) or str(payload["summary"])
    if payload.get("why"):
        return untold_words(str(payload["why"]), words.report)
    return str(payload.get("summary") or payload.get("because") or "")
