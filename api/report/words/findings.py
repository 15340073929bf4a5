"""What the checks have found besides missing outputs, in the language of whoever reads the report."""

from collections.abc import Mapping
from typing import Any

from api.report.words.wording import Wording
from notifiers.messages.chinese_findings import chinese_finding, chinese_found


def finding_words(finding: Mapping[str, Any], wording: Wording) -> tuple[str, str]:
    """What was found and what helps; as it was written where that is all there is."""
    if wording.language == "zh":
        return chinese_finding(finding, wording)
    return str(finding["message"]), str(finding.get("fix") or "")


def alert_words(alert: Mapping[str, Any], wording: Wording) -> str:
    """What was wrong, as it was seen when it was at its worst."""
    if wording.language == "zh" and alert["found"]:
        return chinese_found(alert["found"], wording)
    return str(alert["summary"])
