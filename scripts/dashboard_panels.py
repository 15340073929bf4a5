"""What the dashboard shows: rows of panels, each with its queries by legend.

Several machines say the same of everything but their own disk, so each query takes one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Steps = Sequence[tuple[float | None, str]]


@dataclass(frozen=True)
class Panel:
    """One panel: lines over time, or with `number` the latest values; `steps` are colours from those values on."""

    title: str
    unit: str
    queries: Mapping[str, str]
    steps: Steps = ()
    number: bool = False


def _one(labels: str, query: str) -> str:
    return f"max by ({labels}) ({query})"


def _grown(labels: str, metric: str) -> str:
    return _one(labels, f"increase({metric}[$__rate_interval])")


def _quantile(labels: str, bucket: str, span: str) -> str:
    return f"histogram_quantile(0.95, {_one(labels, f'rate({bucket}[{span}])')})"


def _completion(chosen: str) -> str:
    return f"min by (rule, window) (reconcilery_completion_ratio{{{chosen}}})"


_WINDOW, _CHECK = 'window=~"$window"', 'check=~"$check"'
_LAST_GOOD = 'reconcilery_check_last_success_timestamp_seconds{check="quick"}'
_LENGTHS, _ANSWERS = "reconcilery_check_duration_seconds_bucket", "reconcilery_upstream_request_duration_seconds_bucket"
_DELAYS = f'reconcilery_output_delay_seconds{{{_WINDOW}, quantile=~"0.5|0.95"}}'
_RATES: Steps = ((None, "red"), (0.8, "orange"), (0.95, "green"))
_NONE: Steps = ((None, "green"), (1, "orange"))

_NOW = (
    Panel("Completion, last hour", "percentunit", {"{{rule}}": _completion('window="1h"')}, _RATES, number=True),
    Panel("Completion, last 24 h", "percentunit", {"{{rule}}": _completion('window="24h"')}, _RATES, number=True),
    Panel(
        "Missing, last 24 h",
        "short",
        {"{{rule}}": _one("rule", 'reconcilery_missing_outputs{window="24h"}')},
        _NONE,
        number=True,
    ),
    Panel("Alerts that fire", "short", {"": f"sum({_one('level', 'reconcilery_alerts_active')})"}, _NONE, number=True),
    Panel(
        "Since the last good quick check",
        "s",
        {"{{rule}}": f"time() - {_one('rule', _LAST_GOOD)}"},
        ((None, "green"), (1800, "red")),
        number=True,
    ),
    Panel(
        "Worker and beat",
        "bool_yes_no",
        {"{{process}}": _one("process", "reconcilery_process_alive")},
        ((None, "red"), (1, "green")),
        number=True,
    ),
)
_MISSING = (
    Panel("Completion", "percentunit", {"{{rule}} {{window}}": _completion(_WINDOW)}, _RATES),
    Panel(
        "Missing and late",
        "short",
        {
            "missing {{rule}} {{window}}": _one("rule, window", f"reconcilery_missing_outputs{{{_WINDOW}}}"),
            "late {{rule}} {{window}}": _one("rule, window", f"reconcilery_late_outputs{{{_WINDOW}}}"),
        },
    ),
    Panel(
        "Tasks of the window",
        "short",
        {"{{rule}} {{window}}": _one("rule, window", f"reconcilery_window_tasks{{{_WINDOW}}}")},
    ),
)
_CHECKS = (
    Panel("Length of checks, 95 %", "s", {"{{check}}": _quantile("check, le", f"{_LENGTHS}{{{_CHECK}}}", "1h")}),
    Panel(
        "Overdue",
        "s",
        {"{{rule}} {{check}}": _one("rule, check", f"reconcilery_schedule_lag_seconds{{{_CHECK}}}")},
    ),
    Panel(
        "Slowest statement",
        "s",
        {"{{check}} {{query}}": _one("rule, check, query", f"reconcilery_db_query_slowest_seconds{{{_CHECK}}}")},
    ),
    Panel("Delay of outputs", "s", {"{{window}} {{quantile}}": _one("rule, window, quantile", _DELAYS)}),
)
_ACTS = (
    Panel("Tasks of repairs", "short", {"{{result}}": _grown("result", "reconcilery_repair_items_total")}),
    Panel(
        "Requests to the provider",
        "short",
        {"{{code_class}}": _grown("code_class", "reconcilery_upstream_requests_total")},
    ),
    Panel("Time the provider takes, 95 %", "s", {"95 %": _quantile("le", _ANSWERS, "$__rate_interval")}),
    Panel(
        "Messages",
        "short",
        {"{{channel}} {{outcome}}": _grown("channel, outcome", "reconcilery_notifications_total")},
    ),
    Panel("Events", "short", {"{{type}} {{level}}": _grown("type, level", "reconcilery_events_total")}),
)
_QUEUES = (
    Panel(
        "Messages that wait",
        "short",
        {"{{queue_name}}": 'max by (queue_name) (celery_queue_length{queue_name=~"reconcilery.*"})'},
    ),
    Panel(
        "Tasks that failed",
        "short",
        {"{{name}}": "sum by (name) (increase(celery_task_failed_total[$__rate_interval]))"},
    ),
)

ROWS: Sequence[tuple[str, Sequence[Panel]]] = (
    ("Now", _NOW),
    ("What is missing", _MISSING),
    ("The checks themselves", _CHECKS),
    ("Repairs and telling", _ACTS),
    ("Queues, if celery-exporter runs", _QUEUES),
)
