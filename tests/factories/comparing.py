"""Holds a report against the oracle."""

from collections import Counter
from typing import Any

from consistency.model import parse_utc
from tests.factories.oracle import Expected, Spec, expected, percentile
from tests.factories.rows import World

PERCENTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
SAMPLE = 20
ROUNDING = 0.0006


def assert_report_is_right(report: dict[str, Any], world: World, spec: Spec) -> Expected:
    """Every counter, the rate, the delays and the sample are what the oracle finds in the rows."""
    window = {name: parse_utc(report["window"][name]) for name in ("start", "end")}
    right = expected(world, spec, window["start"], window["end"], parse_utc(report["as_of"]))
    wrong = {
        name: (found, right.counts[name]) for name, found in report["counts"].items() if found != right.counts[name]
    }
    assert not wrong, f"found, right: {wrong}"
    assert report["counts"].keys() == right.counts.keys()
    assert report["coverage"] == 1
    tasks, missing = right.counts["tasks"], right.counts["missing"]
    assert tasks is not None
    assert missing is not None
    assert report["completion_rate"] == ((tasks - missing) / tasks if tasks else None)
    assert report["health"] == _health(tasks, missing)
    sample = report["missing_sample"]
    assert len(sample) == len(set(sample)) <= SAMPLE
    assert set(sample) <= right.missing
    if len(right.missing) <= SAMPLE:
        assert set(sample) == right.missing
    assert_delays_are_right(report["delay_seconds"], right.delays)
    return right


def _health(tasks: int, missing: int) -> str:
    if not tasks:
        return "unknown"
    if 100 * missing <= 5 * tasks:
        return "healthy"
    return "degraded" if 100 * missing <= 20 * tasks else "unhealthy"


def assert_delays_are_right(reported: dict[str, float | None] | None, delays: list[float] | None) -> None:
    """Exact where each sixteenth of a doubling holds at most two delays, within one such step elsewhere."""
    if delays is None or reported is None:
        assert reported is None
        assert delays is None
        return
    exact = max(Counter(map(_step, delays)).values(), default=0) <= 2
    for name, share in PERCENTILES:
        right, found = percentile(delays, share), reported[name]
        if right is None or found is None:
            assert right is found
        else:
            assert abs(found - right) <= ROUNDING + (0 if exact else max(right / 16, 1 / 16)), (name, found, right)
    longest = reported["max"]
    assert longest is None if not delays else longest is not None and abs(longest - delays[-1]) <= ROUNDING


def _step(seconds: float) -> tuple[int, int]:
    if seconds < 1:
        return -1, int(seconds * 16)
    doubling = int(seconds).bit_length() - 1
    return doubling, int((seconds / 2**doubling - 1) * 16)
