"""Families of samples as Prometheus has them, made from plain numbers."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric

from consistency.ledger.counts import Name

#: Values of the labels, in their order, and the number; None is no sample.
Rows = Iterable[tuple[Sequence[str], float | None]]
#: How many fell into each step, the last one without an end, and the sum of all.
Steps = tuple[Sequence[float], float]
_PREFIX = "reconcilery_"


def gauge(name: str, about: str, labels: Sequence[str], rows: Rows) -> Metric:
    """What goes up and down."""
    family = GaugeMetricFamily(_PREFIX + name, about, labels=labels)
    for values, number in rows:
        if number is not None:
            family.add_metric(values, number)
    return family


def counter(name: str, about: str, labels: Sequence[str], rows: Rows) -> Metric:
    """What only grows; the name goes without its `_total`."""
    family = CounterMetricFamily(_PREFIX + name, about, labels=labels)
    for values, number in rows:
        if number is not None:
            family.add_metric(values, number)
    return family


def quantiles(name: str, about: str, labels: Sequence[str], rows: Rows) -> Metric:
    """Quantiles that were computed elsewhere; the last of the labels is the quantile."""
    family = Metric(_PREFIX + name, about, "summary")
    for values, number in rows:
        if number is not None:
            family.add_sample(family.name, dict(zip(labels, values, strict=True)), number)
    return family


def summary(name: str, about: str, label: str, counts: Mapping[str, float], seconds: Mapping[str, float]) -> Metric:
    """How often something happened and how long it took altogether."""
    family = SummaryMetricFamily(_PREFIX + name, about, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], int(count), seconds.get(value, 0.0))
    return family


def histogram(name: str, about: str, labels: Sequence[str], ends: Sequence[float], of: Mapping[Name, Steps]) -> Metric:
    """What was counted in steps, by the values of the labels; `ends` are the upper ends of the steps but the last."""
    family = HistogramMetricFamily(_PREFIX + name, about, labels=labels)
    names = [*(f"{end:g}" for end in ends), "+Inf"]
    for values, (numbers, seconds) in sorted(of.items()):
        family.add_metric(values, list(zip(names, accumulate(numbers), strict=True)), seconds)
    return family


def steps_of(sums: Mapping[Name, float], word: str, *labels: str, number: int) -> Steps:
    """What stands under `(word, *labels, step)` and `(word_sum, *labels)`; `number` is how many steps have an end."""
    counts = [sums.get((word, *labels, str(step)), 0.0) for step in range(number + 1)]
    return counts, sums.get((f"{word}_sum", *labels), 0.0)


def by_labels(sums: Mapping[Name, float], word: str, known: Iterable[Name]) -> list[tuple[Name, float]]:
    """The sums under a word by what follows it; what is known to come begins with 0, so that no first one is missed."""
    found = dict.fromkeys(known, 0.0) | {name[1:]: amount for name, amount in sums.items() if name[0] == word}
    return sorted(found.items())
