"""The bucket of a delay, computed by the database."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Double, Float, Integer, case, cast, func, literal, null

from consistency.histogram import TIERS, bounds_of
from consistency.moments import whole

BOUNDS = [bounds_of(bucket)[0] for bucket in range(TIERS[-1].first + 1)]


def delay_bucket(delay: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A number that is the same for delays of one bucket of the histogram; NULL for no delay."""
    if dialect == "postgresql":
        return func.width_bucket(delay, cast(BOUNDS, ARRAY(Double)))
    numbers = [
        literal(tier.first, Integer) + whole((delay - literal(float(tier.lower), Float)) / literal(tier.width, Float))
        for tier in TIERS
    ]
    bounds = zip(TIERS[:-1], numbers[:-1], strict=True)
    whens = [(delay < literal(float(tier.upper), Float), number) for tier, number in bounds]
    return case((delay.is_(None), null()), *whens, else_=numbers[-1])
