import itertools
import json
import math
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.histogram import TIERS, DelayHistogram, bounds_of, bucket_of

delays = st.floats(min_value=0, max_value=10_000_000)


def histogram(*seconds: float) -> DelayHistogram:
    filled = DelayHistogram()
    for delay in seconds:
        filled.add_seconds(delay)
    return filled


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (0, 0),
        (0.0624, 0),
        (0.0625, 1),
        (0.99, 15),
        (1, 16),
        (1.0625, 17),
        (2, 32),
        (3, 40),  # the middle of [2, 4)
        (4, 48),
        (300, 146),  # [256, 512) in steps of 16
        (86_400, 277),
        (10_000_000, 390),
    ],
)
def test_a_delay_has_its_bucket(seconds: float, bucket: int) -> None:
    assert bucket_of(seconds) == bucket


def test_the_tiers_adjoin_and_number_their_buckets_without_a_gap() -> None:
    for tier, following in itertools.pairwise(TIERS):
        assert tier.upper == following.lower
        assert tier.first + round((tier.upper - tier.lower) / tier.width) == following.first
    assert TIERS[0].lower == 0
    assert TIERS[-1].upper == math.inf


@pytest.mark.parametrize("seconds", [-0.001, math.nan, math.inf])
def test_a_delay_is_a_finite_number_from_zero_on(seconds: float) -> None:
    with pytest.raises(ValueError, match="a delay is"):
        bucket_of(seconds)


@given(delays)
def test_a_delay_lies_within_the_bounds_of_its_bucket_and_they_are_narrow(seconds: float) -> None:
    lower, upper = bounds_of(bucket_of(seconds))
    assert lower <= seconds < upper
    assert upper - lower <= max(1, seconds) / 16


@given(st.integers(min_value=0, max_value=500))
def test_the_lower_bound_of_a_bucket_falls_into_it(bucket: int) -> None:
    assert bucket_of(bounds_of(bucket)[0]) == bucket


def test_adjoining_buckets_adjoin() -> None:
    assert all(bounds_of(bucket)[1] == bounds_of(bucket + 1)[0] for bucket in range(500))


def test_an_empty_histogram_has_no_percentiles() -> None:
    assert DelayHistogram().percentile(0.5) is None
    assert DelayHistogram().max_seconds is None
    assert DelayHistogram().count == 0


def test_percentiles_of_a_few_scattered_delays_are_exact() -> None:
    filled = histogram(1.0, 2.5, 7.0, 40.0)
    assert filled.percentile(0) == 1.0
    assert filled.percentile(0.5) == pytest.approx((2.5 + 7.0) / 2)
    assert filled.percentile(1) == 40.0


def test_within_a_bucket_delays_are_taken_to_lie_evenly_between_its_ends() -> None:
    filled = DelayHistogram()
    filled.add(3, 290.0, 300.0)
    assert [filled.percentile(share) for share in (0, 0.5, 1)] == [290.0, 295.0, 300.0]


def test_the_longest_delay_is_exact() -> None:
    assert histogram(3, 3_001.25).max_seconds == 3_001.25


@pytest.mark.parametrize("share", [-0.1, 1.1, 95])
def test_a_share_lies_between_zero_and_one(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        histogram(1).percentile(share)


def test_impossible_counts_buckets_and_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot lie"):
        DelayHistogram().add(0, 0.07, 0.07)
    with pytest.raises(ValueError, match="bucket"):
        bounds_of(-1)
    with pytest.raises(ValueError, match="cannot lie"):
        DelayHistogram().add(1, 5.0, 0.07)


@given(st.lists(delays, min_size=30, max_size=200))
def test_percentiles_are_close_to_those_of_the_delays_themselves(seconds: list[float]) -> None:
    ranked = sorted(seconds)
    for share in (0.5, 0.95, 0.99):
        found = histogram(*seconds).percentile(share)
        assert found is not None
        position = share * (len(ranked) - 1)
        low, high = ranked[math.floor(position)], ranked[math.ceil(position)]
        # Off by a bucket's width at most, and only where a bucket holds more than two delays.
        assert low * (1 - 1 / 16) - 1 / 16 <= found <= high * (1 + 1 / 16) + 1 / 16


def test_the_median_of_many_delays_is_theirs() -> None:
    seconds = [1.02**step for step in range(500)]
    assert histogram(*seconds).percentile(0.5) == pytest.approx(quantiles(seconds, n=2)[0], rel=0.005)


@given(st.lists(delays), st.lists(delays))
def test_merging_is_the_same_as_adding_everything_to_one(some: list[float], others: list[float]) -> None:
    merged = histogram(*some)
    merged.merge(histogram(*others))
    assert merged == histogram(*others, *some)
    assert merged.count == len(some) + len(others)


@given(st.lists(delays))
def test_a_histogram_survives_json(seconds: list[float]) -> None:
    filled = histogram(*seconds)
    assert DelayHistogram.from_dict(json.loads(json.dumps(filled.as_dict()))) == filled
