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
        (0.009999, 0),
        (0.01, 1),
        (0.29, 29),  # 0.29 / 0.01 is 28.999... in floating point
        (9.99, 999),
        (10, 1000),
        (10.1, 1001),
        (99.95, 1899),
        (100, 1900),
        (999.9, 2799),
        (1_000, 2800),
        (9_999, 3699),
        (10_000, 3700),
        (100_000, 4600),
        (1_000_000, 5500),
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
    assert lower <= round(seconds, 6) < upper
    assert upper - lower <= max(0.0100001, 0.0100001 * seconds)


@given(st.integers(min_value=0, max_value=20_000))
def test_the_lower_bound_of_a_bucket_falls_into_it(bucket: int) -> None:
    assert bucket_of(bounds_of(bucket)[0]) == bucket


def test_adjoining_buckets_adjoin() -> None:
    assert all(bounds_of(bucket)[1] == bounds_of(bucket + 1)[0] for bucket in range(5_000))


def test_an_empty_histogram_has_no_percentiles() -> None:
    assert DelayHistogram().percentile(0.5) is None
    assert DelayHistogram().max_seconds is None
    assert DelayHistogram().count == 0


def test_a_percentile_is_interpolated_within_its_bucket() -> None:
    filled = DelayHistogram()
    filled.add(bucket_of(120), 4)
    filled.add(bucket_of(300), 4)
    assert filled.percentile(0.25) == 120.5
    assert filled.percentile(0.5) == 121
    assert filled.percentile(0.75) == 300.5


def test_no_percentile_exceeds_the_longest_delay() -> None:
    assert histogram(3_001).percentile(0.99) == 3_001
    assert histogram(3_001).max_seconds == 3_001


def test_without_a_told_longest_delay_the_end_of_the_highest_bucket_stands_for_it() -> None:
    filled = histogram(5)
    filled.add(bucket_of(200), 3)
    assert filled.max_seconds == 201
    filled.add(bucket_of(200), 1, longest=200.7)
    assert filled.max_seconds == 200.7


@pytest.mark.parametrize("share", [-0.1, 1.1, 95])
def test_a_share_lies_between_zero_and_one(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        histogram(1).percentile(share)


def test_a_negative_count_or_bucket_is_refused() -> None:
    with pytest.raises(ValueError, match="count"):
        DelayHistogram().add(1, -1)
    with pytest.raises(ValueError, match="bucket"):
        DelayHistogram().add(-1, 1)


@given(st.lists(delays, min_size=30, max_size=200))
def test_percentiles_are_close_to_those_of_the_delays_themselves(seconds: list[float]) -> None:
    ranked = sorted(seconds)
    for share in (0.5, 0.95, 0.99):
        found = histogram(*seconds).percentile(share)
        assert found is not None
        exact = ranked[math.ceil(share * len(ranked)) - 1]
        # The bucket's width: one per cent, or ten milliseconds under a second.
        assert found == pytest.approx(exact, rel=0.0101, abs=0.0101)


def test_the_median_of_many_delays_is_theirs() -> None:
    seconds = [1.02**step for step in range(500)]
    assert histogram(*seconds).percentile(0.5) == pytest.approx(quantiles(seconds, n=2)[0], rel=0.02)


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
