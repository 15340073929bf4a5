"""What was found besides missing outputs, and what could not be done or told, in the language of whoever reads."""

from collections.abc import Mapping
from typing import Any

from api.report.words.wording import Wording
from notifiers.messages.chinese_findings import chinese_finding
from notifiers.messages.chinese_problems import chinese_problem, chinese_reason
from notifiers.messages.chinese_seen import chinese_seen
from notifiers.messages.chinese_untold import chinese_untold


def finding_words(finding: Mapping[str, Any], wording: Wording) -> tuple[str, str]:
    """What was found and what helps; as it was written where that is all there is."""
    if wording.language == "zh":
        return chinese_finding(finding, wording)
    return str(finding["message"]), str(finding.get("fix") or "")


def problem_words(text: str, kept: Mapping[str, Any], wording: Wording) -> str:
    """What a check could not do, by the `code` and `values` that are kept of it, if any are."""
    return chinese_problem(text, kept, wording) if wording.language == "zh" else text


def reason_words(values: Mapping[str, Any], wording: Wording) -> str:
    """The reason among the values of what it explains."""
    return chinese_reason(values, wording) if wording.language == "zh" else str(values["reason"])


def untold_words(text: str, wording: Wording) -> str:
    """Why nobody is told of an alert."""
    return chinese_untold(text, wording) if wording.language == "zh" else text


def alert_words(alert: Mapping[str, Any], wording: Wording) -> str:
    """What was wrong, as it was seen when it was at its worst."""
    known = any(alert[name] for name in ("found", "silent_since", "trouble"))
    said = chinese_seen(alert["kind"], alert["labels"], alert, wording) if wording.language == "zh" and known else ""
    return said or str(alert["summary"])
