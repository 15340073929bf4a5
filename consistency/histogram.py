"""How long outputs took: counts by delay that can be added up over parts, hours and weeks."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

_STEPS = 16


class Tier(NamedTuple):
    """Delays in [lower, upper) seconds fall into buckets of `width` seconds, numbered from `first` on."""

    lower: float
    upper: float
    width: float
    first: int


def _tiers() -> tuple[Tier, ...]:
    doublings = [Tier(2.0**power, 2.0 ** (power + 1), 2.0**power / _STEPS, (power + 1) * _STEPS) for power in range(22)]
    return Tier(0.0, 1.0, 1 / _STEPS, 0), *doublings, Tier(2.0**22, math.inf, 2.0**18, 23 * _STEPS)


#: A sixteenth of each doubling: few enough for a database to group by, and halves and sums of them are exact floats.
TIERS: tuple[Tier, ...] = _tiers()
_LOWERS = [tier.lower for tier in TIERS]


def bucket_of(seconds: float) -> int:
    """The number of the bucket that holds a delay; ValueError if it is negative or not finite."""
    if not 0 <= seconds < math.inf:
        raise ValueError(f"a delay is a finite number of seconds >= 0, not {seconds}")
    tier = TIERS[bisect_right(_LOWERS, seconds) - 1]
    return tier.first + int((seconds - tier.lower) / tier.width)


def bounds_of(bucket: int) -> tuple[float, float]:
    """The half-open [lower, upper) of a bucket in seconds; ValueError for a negative number."""
    if bucket < 0:
        raise ValueError(f"a bucket's number is >= 0, not {bucket}")
    tier = next(tier for tier in reversed(TIERS) if bucket >= tier.first)
    lower = tier.lower + (bucket - tier.first) * tier.width
    return lower, lower + tier.width


@dataclass(slots=True)
class Bin:
    """How many delays a bucket holds, and the least and the greatest of them, in seconds."""

    count: int
    least: float
    greatest: float

    def value_at(self, rank: int) -> float:
        """The delay of that rank (from 0), as if the delays between the two known ends lay evenly."""
        if self.count == 1:
            return self.greatest
        return self.least + (self.greatest - self.least) * rank / (self.count - 1)


@dataclass(slots=True)
class DelayHistogram:
    """Bins by bucket; adding and merging in any order gives the same. One or two delays in a bucket stay exact."""

    bins: dict[int, Bin] = field(default_factory=dict)

    def add(self, count: int, least: float, greatest: float) -> None:
        """Count delays that belong together, of which the least and the greatest are known."""
        if count < 1 or not least <= greatest:
            raise ValueError(f"{count} delays cannot lie between {least} and {greatest} s")
        self._join(bucket_of(least), count, least, greatest)

    def add_seconds(self, seconds: float) -> None:
        """Count one delay."""
        self._join(bucket_of(seconds), 1, seconds, seconds)

    def merge(self, other: "DelayHistogram") -> None:
        """Add another histogram's counts to this one."""
        if not self.bins:
            self.bins = {bucket: Bin(found.count, found.least, found.greatest) for bucket, found in other.bins.items()}
            return
        for bucket, found in other.bins.items():
            self._join(bucket, found.count, found.least, found.greatest)

    def _join(self, bucket: int, count: int, least: float, greatest: float) -> None:
        known = self.bins.get(bucket)
        if known is None:
            self.bins[bucket] = Bin(count, least, greatest)
            return
        known.count += count
        known.least = min(known.least, least)
        known.greatest = max(known.greatest, greatest)

    @property
    def count(self) -> int:
        return sum(found.count for found in self.bins.values())

    @property
    def max_seconds(self) -> float | None:
        """The longest delay, exactly; None when there is none."""
        return self.bins[max(self.bins)].greatest if self.bins else None

    def percentile(self, share: float) -> float | None:
        """The delay in seconds at `share` (0 to 1) of all delays, between ranks as SQL's percentile_cont has it."""
        if not 0 <= share <= 1:
            raise ValueError(f"a percentile's share lies between 0 and 1, not {share}")
        if not self.bins:
            return None
        position = share * (self.count - 1)
        low, high = self._ranked(math.floor(position)), self._ranked(math.ceil(position))
        return low + (high - low) * (position - math.floor(position))

    def _ranked(self, rank: int) -> float:
        for bucket in sorted(self.bins):
            found = self.bins[bucket]
            if rank < found.count:
                return found.value_at(rank)
            rank -= found.count
        raise IndexError("a rank is smaller than the count")

    def as_dict(self) -> dict[str, Any]:
        """Compact JSON, buckets as text: `{"12": [3, 0.75, 0.81]}`."""
        return {str(bucket): [found.count, found.least, found.greatest] for bucket, found in self.bins.items()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """The inverse of `as_dict`."""
        return cls({int(bucket): Bin(*found) for bucket, found in stored.items()})
