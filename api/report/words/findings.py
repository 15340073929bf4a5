"""What the checks have found besides missing outputs, in the language of whoever reads the report."""

from collections.abc import Mapping
from typing import Any

from api.report.words.wording import Wording
from notifiers.messages.chinese_findings import chinese_finding


def finding_words(finding: Mapping[str, Any], wording: Wording) -> tuple[str, str]:
    """What was found and what helps; as it was written where that is all there is."""
    if wording.language == "zh":
        return chinese_finding(finding, lambda start, end: (wording.moment(start), wording.moment(end)), wording.length)
    return str(finding["message"]), str(finding.get("fix") or "")
