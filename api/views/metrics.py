"""The figures of the latest checks, as they were measured: nothing is counted anew for whoever asks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.views.overview import latest_checks
from consistency.mapping import RuleMapping
from consistency.model import CheckType, Health, utc_text
from consistency.rules import CRITICAL_BELOW, DEGRADED_FROM, HEALTHY_FROM
from consistency.settings import Settings

Record = dict[str, Any]

#: The windows by the names that people have for their lengths.
WINDOWS = {"1h": CheckType.QUICK, "24h": CheckType.FULL, "14d": CheckType.DEEP}
_NAMES = {kind: name for name, kind in WINDOWS.items()}
_MEASURED = (
    "check_id",
    "verdict",
    "as_of",
    "coverage",
    "completion_rate",
    "confidence",
    "avg_outputs_per_task",
    "delay_seconds",
    "level",
    "counts",
)
_TREND = ("this_period", "previous_period", "change", "slope")
_RANKS = {health: rank for rank, health in enumerate((Health.UNHEALTHY, Health.DEGRADED, Health.UNKNOWN))}


def metrics_of(
    connection: Connection, settings: Settings, now: datetime, kind: CheckType, rule_id: str | None = None
) -> Record:
    """The figures of one rule and kind of check, and in `metrics` those of every rule and kind.

    The one is that of the rule asked for, else of the rule that is worst off. Without a report all figures are null.
    BadRequest for an unknown rule.
    """
    rules = settings.rule_by_id(rule_id)
    known = {rule.id for rule in rules}
    found = [check for check in latest_checks(connection, settings, now) if check["rule"] in known]
    here = [check for check in found if check["type"] == kind]
    unmeasured = [rule for rule in rules if rule.id not in {check["rule"] for check in here}]
    records = [*map(_record, here), *(_without_report(rule, kind) for rule in unmeasured)]
    worst = min(records, key=_order)
    return {
        "schema_version": 1,
        **worst,
        "now": utc_text(now),
        "thresholds": _thresholds(next(rule for rule in rules if rule.id == worst["rule"])),
        **_history(found, worst["rule"]),
        "metrics": [_record(check) for check in found if check["type"] in _NAMES],
    }


def _record(check: Mapping[str, Any]) -> Record:
    report, counts = check["report"], check["report"]["counts"]
    return {
        "health": str(check["health"]),
        "rule": check["rule"],
        "type": check["type"],
        "window": {"name": _NAMES.get(check["type"]), **report["window"]},
        "stale": check["stale"],
        "age_seconds": check["age_seconds"],
        "tasks": counts["tasks"],
        "tasks_with_outputs": counts["tasks_with_outputs"],
        "missing": counts["missing"],
        **{name: report[name] for name in _MEASURED},
    }


def _without_report(rule: RuleMapping, kind: CheckType) -> Record:
    nothing = ("age_seconds", "tasks", "tasks_with_outputs", "missing", *_MEASURED)
    said = {"health": str(Health.UNKNOWN), "rule": rule.id, "type": str(kind), "stale": True}
    verdict = f"unknown: no {kind} check has ended yet"
    return {**said, "window": {"name": _NAMES[kind]}, **dict.fromkeys(nothing), "verdict": verdict}


def _order(record: Mapping[str, Any]) -> tuple[int, float]:
    rate = record["completion_rate"]
    return _RANKS.get(record["health"], len(_RANKS)), 2.0 if rate is None else rate


def _thresholds(rule: RuleMapping) -> Record:
    return {
        "healthy_from": HEALTHY_FROM,
        "degraded_from": DEGRADED_FROM,
        "critical_below": CRITICAL_BELOW,
        "grace_seconds": rule.grace.total_seconds(),
        "late_after_seconds": rule.late_after.total_seconds(),
    }


def _history(found: Sequence[Mapping[str, Any]], rule_id: str) -> Record:
    """What the last deep check of the rule says of the way things go; a shorter one cannot know."""
    deep = [check for check in found if check["rule"] == rule_id and check["type"] == CheckType.DEEP]
    report = deep[0]["report"] if deep else {}
    trend = report.get("trend")
    return {
        "trend": {name: trend[name] for name in _TREND} if trend else None,
        "onset": report.get("onset"),
    }
