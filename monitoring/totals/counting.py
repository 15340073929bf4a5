"""How rows become sums: each source counts what came after a place, and says up to which place it has counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, true

from consistency.ledger.counts import Name
from consistency.model import parse_utc, utc_text
from consistency.settings import Settings


@dataclass(frozen=True)
class Counted:
    """What was counted, and the place from which to count next time."""

    place: str
    sums: Mapping[Name, float]


#: Counts the rows after a place (empty: all) that were written before the moment, or all there are for None.
Source = Callable[[Connection, Settings, str, datetime | None], Counted]


def between(column: ColumnElement[Any], place: str, before: datetime | None) -> ColumnElement[bool]:
    """For sources whose place is a moment: from then on, and earlier than `before`."""
    bounds = [column >= parse_utc(place)] if place else []
    return and_(true(), *bounds, *([column < before] if before is not None else []))


def place_of(before: datetime | None) -> str:
    """Their place after having counted; nobody counts on from a count without an end."""
    return utc_text(before) if before is not None else ""
