"""From tallies to the check report: one JSON object for the ledger, Redis, files, people and programs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consistency.host import BoundRule
from consistency.ledger.runs import Run
from consistency.model import Finding, utc_text
from consistency.remarks import Remark, known_remarks
from consistency.rules import completion_rate, health_of, level_of, verdict, wilson_interval
from consistency.tally import Tally
from monitor_tasks.scan import Timing

SCHEMA_VERSION = 1


@dataclass
class Evidence:
    """Everything that a report is made of besides the tally."""

    coverage: float = 1.0
    timings: Sequence[Timing] = ()
    findings: list[Finding] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)  # counters that could not be counted this time
    trend: dict[str, Any] | None = None
    onset: dict[str, Any] | None = None
    comparison: dict[str, Any] | None = None
    segments: dict[str, Any] | None = None
    missing_by: dict[str, Any] | None = None
    detail: dict[str, Any] | None = None


def build_report(
    run: Run, rule: BoundRule | None, tally: Tally, evidence: Evidence, closed_at: datetime
) -> dict[str, Any]:
    """The report; its first key is the verdict in words, so that it is seen first wherever results are cut short."""
    rate = completion_rate(tally.tasks_with_outputs, tally.tasks)
    confidence = wilson_interval(tally.tasks_with_outputs, tally.tasks)
    counts = {**measurable_counts(tally, rule), **dict.fromkeys(evidence.unmeasured)}
    report: dict[str, Any] = {
        "verdict": verdict(
            tasks=tally.tasks,
            with_outputs=tally.tasks_with_outputs,
            late=counts["late"],
            coverage=evidence.coverage,
        ),
        "schema_version": SCHEMA_VERSION,
        "check_id": run.id,
        "type": str(run.type),
        "rule": run.rule_id,
        "rule_hash": run.rule_hash,
        "window": run.window.as_dict(),
        "as_of": utc_text(run.as_of),
        "closed_at": utc_text(closed_at),
        "coverage": evidence.coverage,
        "counts": counts,
        "completion_rate": rate,
        "confidence": [round(bound, 4) for bound in confidence] if confidence else None,
        "avg_outputs_per_task": round(tally.outputs / tally.tasks, 4) if tally.tasks else None,
        "delay_seconds": delays(tally, rule),
        "health": health_of(rate, evidence.coverage),
        "level": level_of(rate, tally.missing),
        "missing_sample": tally.sample.in_order(),
        "database": database_section(evidence),
        "findings": [finding.as_dict() for finding in evidence.findings],
        "trend": evidence.trend,
        "onset": evidence.onset,
        "segments": evidence.segments,
        "missing_by": evidence.missing_by,
        "problems": [problem.text for problem in evidence.problems],
        "remarks": known_remarks(evidence.problems),
    }
    if evidence.comparison is not None:
        report["comparison"] = evidence.comparison
    if evidence.detail is not None:
        report["detail"] = evidence.detail
    return report


def measurable_counts(tally: Tally, rule: BoundRule | None) -> dict[str, int | None]:
    """All counters; None where the mapping or the tables give nothing to count by, which is not the same as zero."""
    counts: dict[str, int | None] = dict(tally.counts())
    if rule is None:
        return counts
    if rule.created is None:
        counts["late"] = None
    if rule.created is None or not rule.outputs_by_time:
        counts["orphans"] = counts["null_fk"] = None
    if rule.output_key is None:
        counts["duplicates"] = None
    return counts


def delays(tally: Tally, rule: BoundRule | None) -> dict[str, float | None] | None:
    """Percentiles of the time from finish to first output, in seconds; None if lateness is not measurable."""
    if rule is None or rule.created is None:
        return None
    quantiles = {name: tally.delays.percentile(q) for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
    quantiles["max"] = tally.delays.max_seconds
    return {name: None if value is None else round(value, 3) for name, value in quantiles.items()}


def database_section(evidence: Evidence) -> dict[str, Any]:
    """How long the database worked for this check, in seconds, in all and by statement."""
    by_name: dict[str, dict[str, Any]] = {}
    for timing in evidence.timings:
        entry = by_name.setdefault(timing.statement, {"times": 0, "seconds": 0.0, "slowest": 0.0, "rows": 0})
        entry["times"] += 1
        entry["seconds"] = round(entry["seconds"] + timing.seconds, 6)
        entry["slowest"] = max(entry["slowest"], timing.seconds)
        entry["rows"] += timing.rows
    return {"query_seconds": round(sum(timing.seconds for timing in evidence.timings), 6), "statements": by_name}
