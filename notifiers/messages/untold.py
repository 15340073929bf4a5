"""Why nobody is told of an alert: made into the one line that is kept with the alert, and read from that line again.

Beside the line is no room for a code and its values, so they are found by the same words that the line is made of.
"""

import re
from collections.abc import Mapping
from string import Formatter
from types import MappingProxyType

from consistency.model import Level

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "flapping": "flapping",
        "maintenance": "maintenance {window}",
        "silence": "silence by {by} until {until}: {reason}",
        "graver_alert": "{level} alert {alert} of the same rule",
    }
)
#: What has a form of its own; all else is somebody's words.
_FORMS = {
    "level": "|".join(Level),
    "alert": "[0-9a-f]{8}",
    "until": r"\d{4}-\d{2}-\d{2}T[\d:.]+Z",
    "reason": ".*",  # it may have been cut away
}


def untold_text(code: str, **values: str) -> str:
    """The line."""
    return SENTENCES[code].format_map(values)


def untold_because(text: str) -> tuple[str, dict[str, str]]:
    """The code and the values of such a line; "" and nothing where it is none."""
    found = ((code, pattern.fullmatch(text)) for code, pattern in _PATTERNS.items())
    return next(((code, match.groupdict()) for code, match in found if match), ("", {}))


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = [(re.escape(literal), name) for literal, name, _, _ in Formatter().parse(sentence)]
    spelt = (literal + (f"(?P<{name}>{_FORMS.get(name, '.+?')})" if name else "") for literal, name in parts)
    return re.compile("".join(spelt), re.DOTALL)


_PATTERNS = {code: _pattern(sentence) for code, sentence in SENTENCES.items()}
