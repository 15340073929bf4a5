"""Why nobody is told of an alert: the one line that is kept with the alert."""

from consistency.model import Level
from consistency.sentences import Sentences

UNTOLD = Sentences(
    {
        "flapping": "flapping",
        "maintenance": "maintenance {window}",
        "silence": "silence by {by} until {until}: {reason}",
        "graver_alert": "{level} alert {alert} of the same rule",
    },
    {
        "level": "|".join(Level),
        "alert": "[0-9a-f]{8}",
        "until": r"\d{4}-\d{2}-\d{2}T[\d:.]+Z",
        "reason": ".*",  # it may have been cut away
    },
)


def untold_text(name: str, **values: str) -> str:
    """The line, by the name of its sentence."""
    return UNTOLD.text(name, **values)
