"""What a check notices about the database itself: slow statements, big tables read from end to end, missing indexes."""

from collections.abc import Iterable
from datetime import timedelta

from consistency.durations import duration_text
from consistency.host import BoundRule
from consistency.ledger.runs import Run
from consistency.model import CheckType, Finding, Level
from consistency.resources import Resources
from monitor_tasks.full_reads import index_findings
from monitor_tasks.scan import Timing
from monitor_tasks.statements import Scope
from monitor_tasks.windows import parts_of

_LEVELS = ((10, Level.CRITICAL), (3, Level.HIGH), (1, Level.MEDIUM))


def database_findings(resources: Resources, run: Run, rule: BoundRule, timings: Iterable[Timing]) -> list[Finding]:
    """Slow statements; in all but quick checks also what big tables lack, for which the database is asked for plans."""
    findings = slow_statements(timings, resources.settings.slow_statement)
    if run.type is CheckType.QUICK:
        return findings
    newest_part = parts_of(run.type, run.window)[0].window
    return findings + index_findings(resources, rule, Scope((newest_part,), run.as_of))


def slow_statements(timings: Iterable[Timing], limit: timedelta) -> list[Finding]:
    """One finding for each kind of statement that once took `limit` or longer: medium, from 3 x high, 10 x critical."""
    slowest: dict[str, float] = {}
    for timing in timings:
        slowest[timing.statement] = max(timing.seconds, slowest.get(timing.statement, 0.0))
    graded = {name: _level(seconds / limit.total_seconds()) for name, seconds in slowest.items()}
    return [
        Finding(
            "database",
            level,
            f'the statement "{name}" took {slowest[name]:.1f} s; slow is {duration_text(limit)}',
            "`reconcilery doctor` says whether an index is missing",
            "slow_statement",
            {"statement": name, "seconds": round(slowest[name], 3), "limit_seconds": limit.total_seconds()},
        )
        for name, level in graded.items()
        if level is not None
    ]


def _level(times: float) -> Level | None:
    return next((level for least, level in _LEVELS if times >= least), None)
