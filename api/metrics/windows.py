"""What the latest checks say of their windows. A stale one has no numbers any more, only the health `unknown`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.metrics_core import Metric

from api.metrics.families import Rows, gauge, quantiles
from api.views.metrics import WINDOWS
from consistency.model import CheckType, Health
from consistency.settings import Settings

NAMES = {kind: name for name, kind in WINDOWS.items()}
_COUNTS = {
    "window_tasks": ("tasks", "Successful tasks of the window that are old enough to be judged."),
    "missing_outputs": ("missing", "Successful tasks of the window that have no output."),
    "late_outputs": ("late", "Successful tasks of the window whose output came late."),
}
_QUANTILES = {"0.5": "p50", "0.95": "p95", "0.99": "p99", "1": "max"}
_WINDOW = ("rule", "window")


@dataclass(frozen=True)
class Latest:
    """The latest check of one rule and scheduled kind, as `latest_checks` tells of it; None before the first."""

    rule: str
    kind: CheckType
    check: dict[str, Any] | None

    @property
    def report(self) -> dict[str, Any]:
        """Its report; empty where there is none."""
        return self.check["report"] if self.check else {}

    @property
    def health(self) -> str:
        return self.check["health"] if self.check else str(Health.UNKNOWN)

    @property
    def is_fresh(self) -> bool:
        return self.check is not None and not self.check["stale"]

    @property
    def window(self) -> tuple[str, str]:
        return self.rule, NAMES[self.kind]


def latest_of(settings: Settings, checks: Sequence[dict[str, Any]]) -> list[Latest]:
    """One for every rule and scheduled kind."""
    found = {(each["rule"], each["type"]): each for each in checks}
    return [Latest(rule.id, kind, found.get((rule.id, str(kind)))) for rule in settings.rules for kind in NAMES]


def window_metrics(latest: Sequence[Latest]) -> list[Metric]:
    """Rate, counts, delays and health of each window, and how slow the database was."""
    fresh = [each for each in latest if each.is_fresh]
    rates = ((each.window, each.report["completion_rate"]) for each in fresh)
    ratio = "Share of the window's successful tasks that have their output; absent when there are none."
    delay = "Time from the end of a task to its first output, as the latest check saw it."
    health = "1 for the health of the window, 0 for the others; unknown also when no check came in time."
    slowest = "The slowest statement of each kind in the latest check."
    return [
        gauge("completion_ratio", ratio, _WINDOW, rates),
        *(gauge(name, about, _WINDOW, _counts(fresh, key)) for name, (key, about) in _COUNTS.items()),
        quantiles("output_delay_seconds", delay, (*_WINDOW, "quantile"), _delays(fresh)),
        gauge("health_status", health, (*_WINDOW, "status"), _health(latest)),
        gauge("db_query_slowest_seconds", slowest, ("rule", "check", "query"), _slowest(fresh)),
    ]


def _counts(fresh: Sequence[Latest], key: str) -> Rows:
    return ((each.window, each.report["counts"].get(key)) for each in fresh)


def _delays(fresh: Sequence[Latest]) -> Rows:
    for each in fresh:
        delays = each.report.get("delay_seconds") or {}
        for quantile, key in _QUANTILES.items():
            yield (*each.window, quantile), delays.get(key)


def _health(latest: Sequence[Latest]) -> Rows:
    for each in latest:
        for status in Health:
            yield (*each.window, str(status)), float(status == each.health)


def _slowest(fresh: Sequence[Latest]) -> Rows:
    for each in fresh:
        for name, spent in each.report.get("database", {}).get("statements", {}).items():
            yield (each.rule, str(each.kind), name), spent["slowest"]
