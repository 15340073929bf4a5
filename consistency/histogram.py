"""How long outputs took: counts by delay that can be added up over parts, hours and weeks."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

_MICRO = 1_000_000


class Tier(NamedTuple):
    """Delays in [lower, upper) seconds fall into buckets of `width` seconds, numbered from `first` on."""

    lower: float
    upper: float
    width: float
    first: int


#: Width is at most 1 % of the delay from one second on; bucket = first + floor((delay - lower) / width).
TIERS: tuple[Tier, ...] = (
    Tier(0, 10, 0.01, 0),
    Tier(10, 100, 0.1, 1000),
    Tier(100, 1_000, 1, 1900),
    Tier(1_000, 10_000, 10, 2800),
    Tier(10_000, 100_000, 100, 3700),
    Tier(100_000, math.inf, 1_000, 4600),
)


def bucket_of(seconds: float) -> int:
    """The number of the bucket that holds a delay, exact to the microsecond; ValueError if negative or not finite."""
    if not 0 <= seconds < math.inf:
        raise ValueError(f"a delay is a finite number of seconds >= 0, not {seconds}")
    micros = round(seconds * _MICRO)
    tier = next(tier for tier in TIERS if micros < tier.upper * _MICRO)
    return tier.first + (micros - round(tier.lower * _MICRO)) // round(tier.width * _MICRO)


def bounds_of(bucket: int) -> tuple[float, float]:
    """The half-open [lo, hi) of a bucket in seconds; ValueError for a negative number."""
    if bucket < 0:
        raise ValueError(f"a bucket's number is >= 0, not {bucket}")
    tier = next(tier for tier in reversed(TIERS) if bucket >= tier.first)
    width = round(tier.width * _MICRO)
    lower = round(tier.lower * _MICRO) + (bucket - tier.first) * width
    return lower / _MICRO, (lower + width) / _MICRO


@dataclass(slots=True)
class DelayHistogram:
    """Counts by bucket and the longest delay seen; adding and merging in any order gives the same."""

    counts: dict[int, int] = field(default_factory=dict)
    longest: float | None = None

    def add(self, bucket: int, count: int, longest: float | None = None) -> None:
        """Count delays of one bucket; `longest` is the greatest of them in seconds where it is known."""
        bounds_of(bucket)
        if count < 0:
            raise ValueError(f"a count is >= 0, not {count}")
        if count:
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self._see(longest)

    def add_seconds(self, seconds: float) -> None:
        """Count one delay."""
        self.add(bucket_of(seconds), 1, seconds)

    def merge(self, other: "DelayHistogram") -> None:
        """Add another histogram's counts to this one."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self._see(other.longest)

    def _see(self, longest: float | None) -> None:
        if longest is not None:
            self.longest = longest if self.longest is None else max(self.longest, longest)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def max_seconds(self) -> float | None:
        """The longest delay: exact where it was told, else the end of the highest bucket; None when empty."""
        if not self.counts:
            return self.longest
        lower, upper = bounds_of(max(self.counts))
        return self.longest if self.longest is not None and self.longest >= lower else upper

    def percentile(self, share: float) -> float | None:
        """The delay in seconds that `share` (0 to 1) of all delays do not exceed, within a bucket's width."""
        if not 0 <= share <= 1:
            raise ValueError(f"a percentile's share lies between 0 and 1, not {share}")
        longest = self.max_seconds
        if not self.counts or longest is None:
            return None
        rank, below = share * self.count, 0
        for bucket, count in sorted(self.counts.items()):
            if below + count >= rank:
                lower, upper = bounds_of(bucket)
                return min(lower + (upper - lower) * (rank - below) / count, longest)
            below += count
        return longest

    def as_dict(self) -> dict[str, Any]:
        """Compact JSON, buckets as text: `{"counts": {"12": 3}, "max": 0.128}`."""
        return {"counts": {str(bucket): count for bucket, count in sorted(self.counts.items())}, "max": self.longest}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """The inverse of `as_dict`."""
        return cls({int(bucket): count for bucket, count in stored["counts"].items()}, stored["max"])
