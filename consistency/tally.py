"""What was counted in a stretch of time; tallies of adjoining stretches add up."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any
from zlib import crc32

from consistency.histogram import DelayHistogram

EXTREMES = 7
PICKED = 6


@dataclass(slots=True)
class Sample:
    """At most 20 missing keys: the oldest, the newest, and some that a checksum picks, so that samples can be merged.

    An entry is (finish time in seconds since 1970, key as text).
    """

    entries: set[tuple[float, str]] = field(default_factory=set)

    def add(self, done: float, key: str) -> None:
        self.entries.add((done, key))
        if len(self.entries) > 4 * (2 * EXTREMES + PICKED):
            self.trim()

    def trim(self) -> None:
        if len(self.entries) <= 2 * EXTREMES + PICKED:
            return
        ordered = sorted(self.entries)
        between = ordered[EXTREMES:-EXTREMES]
        picked = sorted(between, key=lambda entry: crc32(entry[1].encode()))[:PICKED]
        self.entries = {*ordered[:EXTREMES], *ordered[-EXTREMES:], *picked}

    def in_order(self) -> list[str]:
        """The sampled keys, oldest first."""
        self.trim()
        return [key for _, key in sorted(self.entries)]


@dataclass(slots=True)
class Tally:
    """Counters as in the check report, the delays of the first outputs in seconds, and a sample of missing keys."""

    tasks: int = 0
    tasks_with_outputs: int = 0
    missing: int = 0
    late: int = 0
    pending: int = 0
    outputs: int = 0
    duplicates: int = 0
    orphans: int = 0
    null_fk: int = 0
    no_finish_time: int = 0
    clock_skew: int = 0
    deleted: int = 0
    delays: DelayHistogram = field(default_factory=DelayHistogram)
    sample: Sample = field(default_factory=Sample)

    def merge(self, other: "Tally") -> None:
        for name in COUNTERS:
            if count := getattr(other, name):
                setattr(self, name, getattr(self, name) + count)
        self.delays.merge(other.delays)
        for done, key in other.sample.entries:
            self.sample.add(done, key)

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTERS}

    def as_dict(self) -> dict[str, Any]:
        """Compact JSON: zero counters and empty parts are left out."""
        self.sample.trim()
        compact: dict[str, Any] = {name: count for name, count in self.counts().items() if count}
        if self.delays.count:
            compact["delays"] = self.delays.as_dict()
        if self.sample.entries:
            compact["sample"] = sorted(self.sample.entries)
        return compact

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Tally":
        tally = cls(**{name: data[name] for name in COUNTERS if name in data})
        if "delays" in data:
            tally.delays = DelayHistogram.from_dict(data["delays"])
        tally.sample = Sample({(done, key) for done, key in data.get("sample", [])})
        return tally


COUNTERS = tuple(each.name for each in fields(Tally) if each.name not in {"delays", "sample"})


class Slots:
    """Tallies by the start of their slot in seconds since 1970; a slot is an hour, in quick checks five minutes."""

    def __init__(self, tallies: dict[int, Tally] | None = None) -> None:
        self.tallies = tallies or {}

    def at(self, start: int) -> Tally:
        tally = self.tallies.get(start)
        if tally is None:
            tally = self.tallies[start] = Tally()
        return tally

    def merge(self, other: "Slots") -> None:
        for start, tally in other.tallies.items():
            self.at(start).merge(tally)

    def total(self) -> Tally:
        return merged(self.tallies.values())

    def as_dict(self) -> dict[str, Any]:
        return {str(start): tally.as_dict() for start, tally in sorted(self.tallies.items())}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Slots":
        return cls({int(start): Tally.from_dict(tally) for start, tally in data.items()})


def merged(tallies: Iterable[Tally]) -> Tally:
    """The sum of any number of tallies."""
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total
