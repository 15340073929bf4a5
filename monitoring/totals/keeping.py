"""What has happened in all: what was counted before, kept in the ledger, and what has come since.

Rows are deleted when they are old, so they are counted before that, and once: from a place that moves with the sums.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from consistency.database import database_now, transaction
from consistency.ledger.counts import Name, Sums, added, keep_sums, read_sums
from consistency.patience import patient
from consistency.resources import Resources
from consistency.settings import Settings
from monitoring.totals.checks import count_checks
from monitoring.totals.counting import Source
from monitoring.totals.events import count_events
from monitoring.totals.numbered import count_attempts, count_mutes

SOURCES: Mapping[str, Source] = {
    "attempts": count_attempts,
    "checks": count_checks,
    "events": count_events,
    "mutes": count_mutes,
}
#: A row that is older was committed, or never will be: no transaction of ours takes as long.
SETTLED = timedelta(minutes=2)


def keep_totals(resources: Resources) -> int:
    """Add what has settled since to the sums that are kept; returns how many sources had something."""
    return sum(_keep(resources, name) for name in SOURCES)


@patient
def _keep(resources: Resources, name: str) -> bool:
    with transaction(resources.store) as connection:
        now = database_now(connection)
        before = read_sums(connection).get(name, Sums())
        counted = SOURCES[name](connection, resources.settings, before.place, now - SETTLED)
        if not counted.sums and before.version:
            return False
        return keep_sums(connection, name, before.with_more(counted.place, counted.sums), now)


def totals_now(connection: Connection, settings: Settings) -> dict[Name, float]:
    """All that was ever counted, and all that is not yet; never less than the time before."""
    kept, totals = read_sums(connection), dict[Name, float]()
    for name, count in SOURCES.items():
        sums = kept.get(name, Sums())
        totals |= added(sums.by_name, count(connection, settings, sums.place, None).sums)
    return totals
