"""The whole incident behind the verdict: how many tasks are known to lack their output, and what a repair should cover.

The verdict rests on the shortest of the checks that are as bad as all together, and that sees its own hour alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compensation.plans.opening import DEFAULT_LENGTH
from consistency.model import SCHEDULED, Health, parse_utc
from notifiers.alerts.alert import Alert
from notifiers.alerts.kinds import MISSING_OUTPUTS

Record = Mapping[str, Any]

#: A deep check looks a fortnight back, and may be two days old before it is overdue.
LONGEST = DEFAULT_LENGTH + timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Incident:
    """`most` is the check that knows of most missing tasks, `start` from when on all that is known of finished.

    `is_wider` is whether that check is another one than the verdict rests on.
    """

    most: Record
    start: datetime
    is_wider: bool

    @property
    def missing(self) -> int:
        return _missing(self.most)


def incident_of(
    check: Record | None, checks: Sequence[Record], firing: Sequence[Alert], since: datetime | None, now: datetime
) -> Incident | None:
    """What the check that the verdict rests on, the others of its rule and the open alerts know together.

    None where nothing is missing. While all is well, what only a longer check has found is no incident: it may be lost
    for good, and stays in sight for a fortnight.
    """
    if check is None:
        return None
    told = [alert for alert in firing if alert.kind == MISSING_OUTPUTS and alert.rule_id == check["rule"]]
    is_open = check["health"] != Health.HEALTHY or bool(told)
    most = _knowing_most(check, checks) if is_open or _missing(check) else check
    if not _missing(most):
        return None
    starts = [_start(each) for each in (check, most) if _missing(each)]
    starts += [parse_utc(alert.details["window"][0]) for alert in told if alert.details.get("window")]
    earliest = min([*starts, since] if since else starts)
    return Incident(most, max(earliest, now - LONGEST), most is not check)


def _knowing_most(check: Record, checks: Sequence[Record]) -> Record:
    """The one itself unless another one knows of more, then the shortest of these."""
    others = [each for each in checks if each["rule"] == check["rule"] and each["type"] in SCHEDULED]
    others.sort(key=lambda each: SCHEDULED.index(each["type"]))
    return max([check, *others], key=_missing)


def _missing(check: Record) -> int:
    return check["report"]["counts"]["missing"] or 0


def _start(check: Record) -> datetime:
    return parse_utc(check["report"]["window"]["start"])
