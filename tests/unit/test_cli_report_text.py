from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli.exits import exit_code_of
from cli.report_text import report_lines
from consistency.rules import completion_rate, health_of, wilson_interval

UTC_ZONE, SHANGHAI = ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai")
WINDOW = {"start": "2026-09-16T03:00:00Z", "end": "2026-09-16T04:00:00Z"}
ZEROS = dict.fromkeys(("duplicates", "orphans", "null_fk", "no_finish_time", "clock_skew", "deleted"), 0)


def report(tasks: int = 378, with_outputs: int = 347, coverage: float = 1.0, **others: Any) -> dict[str, Any]:
    """A report as the checks write it."""
    rate = completion_rate(with_outputs, tasks)
    counts = {"tasks": tasks, "tasks_with_outputs": with_outputs, "missing": tasks - with_outputs, "late": 6}
    counts |= {"pending": 4, "outputs": 512, **ZEROS}
    interval = wilson_interval(with_outputs, tasks)
    return {
        "type": "quick",
        "rule": "task-outputs",
        "window": WINDOW,
        "coverage": coverage,
        "counts": counts,
        "confidence": list(interval) if interval else None,
        "avg_outputs_per_task": 1.35 if tasks else None,
        "delay_seconds": {"p50": 2.1, "p95": 48.0, "p99": 120.5, "max": 300.2},
        "health": str(health_of(rate, coverage)),
        "missing_sample": ["7", "8"],
        "database": {
            "statements": {"tasks by completed_at": {"times": 1, "seconds": 0.05, "rows": 3, "slowest": 0.05}}
        },
        "findings": [],
        "problems": [],
        "onset": None,
        **others,
    }


def lines(shown: dict[str, Any], zone: ZoneInfo = UTC_ZONE, **options: bool) -> list[str]:
    usual = {"colours": False, "several_rules": False, "detailed": False}
    return report_lines(shown, zone, **{**usual, **options})


def test_the_verdict_comes_first_and_the_next_command_last() -> None:
    assert lines(report()) == [
        "⚠ degraded  91.8 %  347 of 378 successful tasks have their output  (95 % certain: 88.6 to 94.2 %)",
        "  check    quick of rule task-outputs, 2026-09-16 03:00:00 to 04:00:00 UTC",
        "  tasks    31 missing, 6 late, 4 within their grace period",
        "  outputs  512, 1.35 a task",
        "  delays   p50 2.1 s, p95 48 s, p99 2 min, max 5 min",
        "→ reconcilery missing --start-date 2026-09-16T03:00:00Z --end-date 2026-09-16T04:00:00Z",
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"value": "img2video", "missing": 27, "of": 31}, "27 of 31 are workflow img2video"),
        ({"value": "a\nb", "missing": 27, "of": 31}, "27 of 31 are workflow a?b"),
        ({"value": None, "missing": 27, "of": 31}, "27 of 31 have no workflow"),
        ({"value": "img2video", "missing": 20, "of": 25}, "20 of 25 looked at are workflow img2video"),
    ],
)
def test_it_says_for_whom_outputs_are_missing(row: dict[str, Any], expected: str) -> None:
    assert lines(report(missing_by={"workflow": [row]}))[3] == f"  mostly   {expected}"


def test_where_nobody_stands_out_it_says_nothing_of_it() -> None:
    rare = {"value": "img2video", "missing": 9, "of": 31}
    assert lines(report(missing_by={"workflow": [rare]})) == lines(report())


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        # Nothing is missing: there is nothing to do next.
        (report(with_outputs=378), "✔ healthy  100 %  378 of 378"),
        (report(with_outputs=100), "✖ unhealthy  26.5 %  100 of 378"),
        (report(0, 0), "? unknown  no successful tasks in the window"),
        (report(0, 0, 0.0), "? unknown  nothing could be measured"),
        (report(coverage=0.5), "? unknown  91.8 %"),
    ],
)
def test_every_health_has_its_mark(shown: dict[str, Any], expected: str) -> None:
    assert lines(shown)[0].startswith(expected)


def test_nothing_missing_needs_no_next_command() -> None:
    assert not any(line.startswith("→") for line in lines(report(with_outputs=378)))


def test_the_window_is_shown_in_the_configured_zone() -> None:
    assert "2026-09-16 11:00:00 to 12:00:00 +08:00" in lines(report(), SHANGHAI)[1]
    night = report(window={"start": "2026-09-16T15:00:00Z", "end": "2026-09-16T17:00:00Z"})
    assert "2026-09-16 23:00:00 to 2026-09-17 01:00:00 +08:00" in lines(night, SHANGHAI)[1]


def test_what_was_not_measured_is_said() -> None:
    unmeasured = report(delay_seconds=None)
    unmeasured["counts"]["late"] = unmeasured["counts"]["orphans"] = None
    text = "\n".join(lines(unmeasured))
    assert "lateness not measurable" in text
    assert "delays" not in text


def test_unusual_counts_problems_and_findings_are_shown_with_their_fix() -> None:
    found = {"source": "database", "level": "medium", "message": "no index", "fix": "CREATE INDEX x"}
    shown = report(findings=[found], problems=["3 tasks finish in the future"])
    shown["counts"] |= {"orphans": 2, "deleted": 5}
    text = lines(shown)
    assert "  also     2 outputs without a task, 5 deleted tasks" in text
    assert "  problem: 3 tasks finish in the future" in text
    assert text[text.index("  medium: no index") + 1] == "    fix: CREATE INDEX x"


def test_the_onset_is_told() -> None:
    fall = {"at": "2026-09-16T02:00:00Z", "until": None, "rate_before": 0.998, "rate_after": 0.912, "evidence": 40.1}
    assert "  since    2026-09-16 02:00:00 UTC: the rate fell from 99.8 % to 91.2 %" in lines(report(onset=fall))


def test_the_detailed_report_has_everything() -> None:
    days = [{"date": "2026-09-15", "rate": 1.0, "late": None}, {"date": "2026-09-16", "rate": 0.5, "late": 3}]
    compared = {"sentence": "no change", "before": {"missing": 3, "confidence": [0.1, 0.2]}, "days": days}
    text = lines(report(comparison=compared), detailed=True)
    assert "  compared  no change" in text
    assert text[text.index("  comparison:") + 1 :] == [
        "    sentence: no change",
        "    before:",
        "      missing: 3",
        "      confidence: 0.1, 0.2",
        "    days:",
        "      date        rate  late",
        "      2026-09-15  1.0   -",
        "      2026-09-16  0.5   3",
        "  statements:",
        "    tasks by completed_at  0.050 s  1 times  3 rows",
        "  missing, for example: 7, 8",
        "→ reconcilery missing --start-date 2026-09-16T03:00:00Z --end-date 2026-09-16T04:00:00Z",
    ]


def test_the_next_command_names_the_rule_where_there_are_several() -> None:
    assert lines(report(), several_rules=True)[-1].endswith(" --rule task-outputs")


def test_colours_come_only_when_they_are_wanted() -> None:
    assert "\x1b[" in lines(report(), colours=True)[0]
    assert "\x1b" not in "".join(lines(report(problems=["evil \x1b[2J\rtask"])))


@pytest.mark.parametrize(
    ("reports", "fail_on", "code"),
    [
        ([report(with_outputs=378)], "degraded", 0),
        ([report()], "degraded", 3),
        ([report()], "unhealthy", 0),
        ([report()], "never", 0),
        ([report(with_outputs=100)], "degraded", 3),
        ([report(with_outputs=100)], "unhealthy", 3),
        ([report(with_outputs=100)], "never", 0),
        # An empty window is no failure, an unmeasured one is.
        ([report(0, 0)], "degraded", 0),
        ([report(coverage=0.99)], "never", 1),
        ([report(with_outputs=100, coverage=0.99)], "unhealthy", 1),
        # Of several, a finding weighs more than what could not be measured.
        ([report(with_outputs=378), report()], "degraded", 3),
        ([report(coverage=0.5), report(with_outputs=100)], "unhealthy", 3),
    ],
)
def test_the_exit_code_follows_the_reports(reports: list[dict[str, Any]], fail_on: str, code: int) -> None:
    assert exit_code_of(reports, fail_on) == code
