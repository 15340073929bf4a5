"""What each check of a window found, from the ledger, and from the day files where the ledger has forgotten."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, func, select

from consistency.journal_files import read_lines
from consistency.ledger.runs import CLOSED
from consistency.ledger.tables import check_runs
from consistency.logs import RESULTS
from consistency.model import CheckType, Health, Window, parse_utc
from consistency.resources import Resources
from consistency.stretches import DAY

_AT_ONCE = 500
#: Fourteen days of quick checks of three rules, in some ten megabytes.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: its report without what is long, and how long its slowest statement took, in seconds."""

    check_id: str
    type: CheckType
    rule_hash: str
    window: Window
    as_of: datetime
    health: Health
    verdict: str
    coverage: float
    counts: dict[str, int | None]
    completion_rate: float | None
    query_seconds: float
    slowest: float
    findings: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    remarks: tuple[dict[str, Any], ...]  # of the problems
    segments: dict[str, Any] | None

    @property
    def middle(self) -> datetime:
        """The moment that its numbers stand for."""
        return self.window.start + self.window.length / 2


@dataclass(frozen=True, slots=True)
class History:
    """The checks of one rule as of moments within a window, oldest first, range checks too.

    `from_files` counts those that only the day files have, `unreadable` the lines of these that are no report.
    """

    checks: list[Checked] = field(default_factory=list)
    from_files: int = 0
    unreadable: int = 0


def history_of(connection: Connection, resources: Resources, rule_id: str, window: Window) -> History:
    """All checks of the rule, whichever version of the rule they were made with."""
    checks = list(_ledger_checks(connection, rule_id, window))
    known = {check.check_id for check in checks}
    oldest = _oldest(connection, rule_id)
    if oldest is not None and oldest <= window.start:
        return History(checks)
    lines = read_lines(resources.settings.log_dir / RESULTS, window.start.date(), (window.end + DAY).date())
    filed = [check for report in lines if (check := _filed(report, rule_id, window)) and check.check_id not in known]
    unique = {check.check_id: check for check in filed}
    together = sorted([*unique.values(), *checks], key=lambda check: check.as_of)
    return History(together, len(unique), lines.skipped)


def _ledger_checks(connection: Connection, rule_id: str, window: Window) -> Iterator[Checked]:
    of_rule = (check_runs.c.rule_id == rule_id) & (check_runs.c.state == CLOSED) & check_runs.c.report.is_not(None)
    within = (check_runs.c.as_of >= window.start) & (check_runs.c.as_of < window.end)
    # What was looked at then was closed then or later, and the index knows rule, type and end.
    indexed = check_runs.c.type.in_(list(CheckType)) & (check_runs.c.closed_at >= window.start)
    chosen = select(check_runs.c.report).where(of_rule, within, indexed)
    streamed = chosen.order_by(check_runs.c.as_of).execution_options(yield_per=_AT_ONCE)
    with connection.scalars(streamed) as texts:
        yield from map(_read, texts)


@lru_cache(maxsize=_REMEMBERED)
def _read(text: str) -> Checked:
    """What is asked for again and again, and never changes, is read once."""
    return checked_of(json.loads(text))


def _oldest(connection: Connection, rule_id: str) -> datetime | None:
    found: datetime | None = connection.scalar(
        select(func.min(check_runs.c.as_of)).where(check_runs.c.rule_id == rule_id, check_runs.c.state == CLOSED)
    )
    return found


def _filed(report: dict[str, Any], rule_id: str, window: Window) -> Checked | None:
    """The check of a line, if it is one of the rule within the window; a stranger's line is none."""
    try:
        within = report["rule"] == rule_id and window.start <= parse_utc(report["as_of"]) < window.end
        return checked_of(report) if within else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def quick_ones(checks: Iterable[Checked]) -> list[Checked]:
    """The quick checks among them."""
    return [check for check in checks if check.type is CheckType.QUICK]


def checked_of(report: dict[str, Any]) -> Checked:
    """What is kept of a report."""
    statements: Iterable[dict[str, Any]] = report.get("database", {}).get("statements", {}).values()
    return Checked(
        check_id=report["check_id"],
        type=CheckType(report["type"]),
        rule_hash=report.get("rule_hash", ""),
        window=Window(*(parse_utc(report["window"][name]).astimezone(UTC) for name in ("start", "end"))),
        as_of=parse_utc(report["as_of"]),
        health=Health(report["health"]),
        verdict=report["verdict"],
        coverage=report["coverage"],
        counts=report["counts"],
        completion_rate=report["completion_rate"],
        query_seconds=report.get("database", {}).get("query_seconds", 0.0),
        slowest=max((each["slowest"] for each in statements), default=0.0),
        findings=tuple(report["findings"]),
        problems=tuple(report["problems"]),
        remarks=tuple(report.get("remarks", ())),
        segments=report.get("segments"),
    )
