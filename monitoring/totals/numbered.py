"""Rows that are counted by their number, because their moments stand in no index: attempts, and changes of alerts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, and_, func, select

from consistency.ledger.alert_tables import alert_changes
from consistency.ledger.counts import Name
from consistency.ledger.delivery_tables import deliveries, delivery_attempts
from consistency.settings import Settings
from monitoring.totals.counting import Counted

#: The change of an alert of which nobody is told, as its history has it.
MUTED = "muted"


def count_attempts(connection: Connection, settings: Settings, place: str, before: datetime | None) -> Counted:
    """Attempts to send messages, by channel and outcome."""
    del settings
    here = _span(connection, delivery_attempts.c.id, delivery_attempts.c.at, place, before)
    joined = delivery_attempts.join(deliveries, deliveries.c.id == delivery_attempts.c.delivery_id)
    chosen = select(deliveries.c.channel, delivery_attempts.c.outcome, func.count()).select_from(joined)
    grouped = chosen.where(here[0]).group_by(deliveries.c.channel, delivery_attempts.c.outcome)
    return Counted(here[1], _sums(connection, "attempts", grouped))


def count_mutes(connection: Connection, settings: Settings, place: str, before: datetime | None) -> Counted:
    """How often an alert was not told, by its level."""
    del settings
    here = _span(connection, alert_changes.c.id, alert_changes.c.at, place, before)
    chosen = select(func.coalesce(alert_changes.c.level, ""), func.count())
    muted = chosen.where(here[0], alert_changes.c.change == MUTED).group_by(alert_changes.c.level)
    return Counted(here[1], _sums(connection, "muted", muted))


def _span(
    connection: Connection, number: ColumnElement[int], at: ColumnElement[Any], place: str, before: datetime | None
) -> tuple[ColumnElement[bool], str]:
    """The rows after the number `place`, up to the first one that is too young to be sure that none comes before it."""
    after = number > int(place or 0)
    if before is None:
        return after, ""
    young = connection.scalar(select(func.min(number)).where(after, at >= before))
    old = after if young is None else and_(after, number < young)
    last = connection.scalar(select(func.max(number)).where(old))
    return and_(after, number <= (last or 0)), str(last or place or 0)


def _sums(connection: Connection, word: str, grouped: Executable) -> dict[Name, float]:
    return {(word, *map(str, names)): float(count) for *names, count in connection.execute(grouped)}
