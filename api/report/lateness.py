"""How long first outputs took, in ranges that people know; the finer buckets are sorted in whole."""

from bisect import bisect_right
from datetime import timedelta
from typing import Any

from consistency.histogram import DelayHistogram

_EDGES = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0)


def ranges_of(delays: DelayHistogram, late_after: timedelta) -> list[dict[str, Any]]:
    """Ranges in seconds from 0 to the longest delay, with an edge where late begins; the last one has no end."""
    late = late_after.total_seconds()
    edges = sorted({*_EDGES, late})
    longest = delays.max_seconds or 0.0
    used = [edge for edge in edges if edge <= max(longest, late)]
    counts = [0] * len(used)
    for found in delays.bins.values():
        counts[bisect_right(used, (found.least + found.greatest) / 2) - 1] += found.count
    return [
        {"lower": lower, "upper": upper, "outputs": count, "is_late": lower >= late}
        for lower, upper, count in zip(used, [*used[1:], None], counts, strict=True)
    ]
