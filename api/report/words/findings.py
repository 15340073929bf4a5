"""What the checks have found besides missing outputs, in the language of whoever reads it.

Findings are stored in English; those that the product makes itself bring a code, and the values to say them anew.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from api.report.words.chinese_findings import CHINESE_FINDINGS
from api.report.words.wording import Wording

_TEXTS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType({"en": {}, "zh": CHINESE_FINDINGS})
_SHOWN: Mapping[str, Callable[[Wording, Any], object]] = MappingProxyType(
    {
        "start": Wording.moment,
        "end": Wording.moment,
        "seconds": Wording.length,
        "limit_seconds": Wording.length,
        "statement": lambda wording, name: wording.known("statement", name),
        "statements": lambda wording, names: "、".join(f"“{wording.known('statement', name)}”" for name in names),
    }
)


def finding_words(finding: Mapping[str, Any], wording: Wording) -> tuple[str, str]:
    """What was found and what helps; as it was written where that is all there is."""
    message, fix = str(finding["message"]), str(finding.get("fix") or "")
    known = _TEXTS[wording.language].get(str(finding.get("code")))
    if known is None:
        return message, fix
    try:
        return wording.filled(known[0], **dict(_shown(finding["values"], wording))), known[1] or fix
    except (KeyError, TypeError, ValueError, AttributeError):
        # A line of a day file may have been written by a stranger.
        return message, fix


def _shown(values: Mapping[str, Any], wording: Wording) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        yield name, _SHOWN[name](wording, value) if name in _SHOWN else value
