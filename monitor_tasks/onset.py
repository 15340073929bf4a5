"""Since when: the stretch of hours in which clearly more tasks miss their output than before.

Missing outputs are taken as binomial with one rate inside the stretch and a lower one outside. The most likely
stretch is searched for several guesses of both rates: for given rates it is the run of hours with the greatest sum
of log-likelihood ratios, and the rates of that run are the next, better guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import log
from typing import Any

from consistency.model import utc_text
from monitor_tasks.trends import HourPoint

#: Healthy noise of a fortnight reaches 11 in one of a thousand series (natural logarithm of the likelihood ratio).
MINIMUM_EVIDENCE = 15.0
MINIMUM_FALL = 0.01
MINIMUM_MISSING = 5

_OUTSIDE_GUESSES = (0.9, 0.5, 0.2, 0.05)
_INSIDE_GUESSES = (1.2, 2.0, 4.0, 10.0, 30.0, 100.0)
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class _Counts:
    tasks: int
    missing: int

    @property
    def rate(self) -> float:
        return self.missing / self.tasks if self.tasks else 0.0

    def log_likelihood(self) -> float:
        present = self.tasks - self.missing
        return sum(part * log(part / self.tasks) for part in (self.missing, present) if part)

    def __sub__(self, other: "_Counts") -> "_Counts":
        return _Counts(self.tasks - other.tasks, self.missing - other.missing)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The hours first .. last - 1 of a series, with what was counted inside and outside of them."""

    first: int
    last: int
    inside: _Counts
    outside: _Counts

    def likelihood_ratio(self) -> float:
        whole = _Counts(self.inside.tasks + self.outside.tasks, self.inside.missing + self.outside.missing)
        return self.inside.log_likelihood() + self.outside.log_likelihood() - whole.log_likelihood()


def onset(points: Iterable[HourPoint]) -> dict[str, Any] | None:
    """When the completion rate fell, from what to what, how sure that is, and `until` when if it recovered.

    None when no fall stands out of the noise, or when it was under way before the first hour.
    """
    hours = sorted((point for point in points if point.tasks), key=lambda point: point.start)
    counts = [_Counts(point.tasks, point.missing) for point in hours]
    stretch = _most_likely(counts)
    if stretch is None:
        return None
    if stretch.first == 0:
        return onset(hours[stretch.last :])
    before = _total(counts[: stretch.first])
    evidence = stretch.likelihood_ratio() / _dispersion(counts, stretch)
    fell = stretch.inside.rate - before.rate >= MINIMUM_FALL and stretch.inside.missing >= MINIMUM_MISSING
    if evidence < MINIMUM_EVIDENCE or not fell:
        return None
    return {
        "at": utc_text(hours[stretch.first].start),
        "until": utc_text(hours[stretch.last].start) if stretch.last < len(hours) else None,
        "rate_before": 1 - before.rate,
        "rate_after": 1 - stretch.inside.rate,
        "evidence": round(evidence, 1),
    }


def _total(counts: Iterable[_Counts]) -> _Counts:
    tasks = missing = 0
    for hour in counts:
        tasks, missing = tasks + hour.tasks, missing + hour.missing
    return _Counts(tasks, missing)


def _most_likely(counts: Sequence[_Counts]) -> _Stretch | None:
    whole = _total(counts)
    if not 0 < whole.missing < whole.tasks:
        return None
    found = [
        _climb(counts, whole, whole.rate * below, min(whole.rate * below * times, 1.0))
        for below, times in product(_OUTSIDE_GUESSES, _INSIDE_GUESSES)
        if below * times > 1
    ]
    return max((stretch for stretch in found if stretch), key=_Stretch.likelihood_ratio, default=None)


def _climb(counts: Sequence[_Counts], whole: _Counts, outside: float, inside: float) -> _Stretch | None:
    best: _Stretch | None = None
    while True:
        first, last = _heaviest_run(counts, outside, inside)
        within = _total(counts[first:last])
        stretch = _Stretch(first, last, within, whole - within)
        if not stretch.outside.tasks or stretch.inside.rate <= stretch.outside.rate:
            return best
        if best and stretch.likelihood_ratio() <= best.likelihood_ratio() + _EPSILON:
            return best
        best, outside, inside = stretch, stretch.outside.rate, stretch.inside.rate


def _heaviest_run(counts: Sequence[_Counts], outside: float, inside: float) -> tuple[int, int]:
    low, high = (min(max(rate, _EPSILON), 1 - _EPSILON) for rate in (outside, inside))
    of_missing, of_present = log(high / low), log((1 - high) / (1 - low))
    run, begin, best, span = 0.0, 0, float("-inf"), (0, 1)
    for index, hour in enumerate(counts):
        if run <= 0:
            run, begin = 0.0, index
        run += hour.missing * of_missing + (hour.tasks - hour.missing) * of_present
        if run > best:
            best, span = run, (begin, index + 1)
    return span


def _dispersion(counts: Sequence[_Counts], stretch: _Stretch) -> float:
    """How many times more the hours scatter around the two rates than binomial counts would; at least 1."""
    scatter = 0.0
    for index, hour in enumerate(counts):
        rate = (stretch.inside if stretch.first <= index < stretch.last else stretch.outside).rate
        if 0 < rate < 1:
            scatter += (hour.missing - hour.tasks * rate) ** 2 / (hour.tasks * rate * (1 - rate))
    return max(1.0, scatter / max(len(counts) - 2, 1))
