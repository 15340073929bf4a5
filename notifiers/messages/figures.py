"""Numbers and lengths of time as both languages write them."""

from datetime import timedelta

from consistency.rules import rate_text
from notifiers.messages.message import AlertFact

_UNITS = ((60, 1, "s", ".0f"), (7200, 60, "min", ".0f"), (172_800, 3600, "h", ".3g"))
_DAY = 86_400


def figure(number: float) -> str:
    """A number with its thousands apart, and few digits behind the point: `1,000`, `0.8125`."""
    if isinstance(number, int) or number.is_integer():
        return f"{int(number):,}"
    return f"{number:,.4g}"


def share(alert: AlertFact) -> str:
    """`58.8 %` of the tasks that have their output; empty if the numbers do not say."""
    tasks, missing = alert.numbers.get("tasks"), alert.numbers.get("missing")
    if isinstance(tasks, int) and isinstance(missing, int) and 0 <= missing <= tasks and tasks:
        return rate_text(tasks - missing, tasks)
    return ""


def percent(rate: float) -> str:
    """`58.8 %` of a rate from 0 to 1."""
    return f"{100 * rate:.1f} %"


def in_one_unit(length: timedelta) -> tuple[str, str]:
    """A number and one of s, min, h or d."""
    seconds = max(0.0, length.total_seconds())
    for limit, size, unit, form in _UNITS:
        if seconds < limit:
            return format(seconds / size, form), unit
    return f"{seconds / _DAY:.0f}", "d"
