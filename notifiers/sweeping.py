"""The guarantee behind the messages: whatever time asks for, and whatever was left behind, is found here.

Everything it does may be done by several at once, and by hand when neither broker nor worker is left.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Connection

from consistency.database import database_now, transaction
from consistency.errors import DatabaseUnavailable, LedgerMissing, ReconcileryError
from consistency.ledger import runs
from consistency.ledger.repair_events import untold_events
from consistency.patience import patient
from consistency.resources import Resources
from consistency.settings import Settings
from notifiers.alerts.handling import expire_acks
from notifiers.alerts.history import file_changes
from notifiers.alerts.ingest import ingest
from notifiers.alerts.silent_checkers import mark_stale, silent_checkers
from notifiers.alerts.silent_services import silent_services
from notifiers.channel_alerts import observations_of_channels
from notifiers.deciding.rounds import adopt
from notifiers.deliveries.outbox import due_deliveries
from notifiers.routing.due import rearm_missed
from notifiers.service_events import take_in_events
from notifiers.telling import tell_check, tell_due, tell_repair

MOST = 500

log = structlog.get_logger(__name__)


def sweep_all(resources: Resources) -> None:
    """Take in what was left, look at what is due, and write the history into its files."""
    _tell_what_was_left(resources)
    _look_around(resources)
    tell_due(resources)
    # A full disk keeps the history in the ledger and no message from anybody.
    _apart("history", partial(_file, resources))


def _file(resources: Resources) -> None:
    while file_changes(resources, MOST) == MOST:
        continue


def due(resources: Resources) -> tuple[str, ...]:
    """The ids of the deliveries that should be sent now."""
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        return tuple(due_deliveries(connection, database_now(connection), MOST))


def _tell_what_was_left(resources: Resources) -> None:
    for check_id in _untold_checks(resources):
        _apart(f"check {check_id}", partial(tell_check, resources, check_id))
    for event_id in _untold_repairs(resources):
        _apart(f"event {event_id}", partial(tell_repair, resources, event_id))
    _apart("events of services", partial(take_in_events, resources))


def _apart(what: str, job: Callable[[], object]) -> None:
    """One that cannot be told must not keep the others from being told; the database is the same for all."""
    try:
        job()
    except DatabaseUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one is not wrong with the next
        reason = str(error) if isinstance(error, ReconcileryError) else type(error).__name__
        log.warning("sweep.not_done", what=what, reason=reason, next="the next sweep tries again")


def _untold_checks(resources: Resources) -> list[str]:
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        return runs.untold_runs(connection)


def _untold_repairs(resources: Resources) -> Iterable[int]:
    try:
        with transaction(resources.reader) as connection:
            return [event.id for event in untold_events(connection)]
    except LedgerMissing:
        return ()  # Where the application's database may only be read, nothing is repaired.


def _look_around(resources: Resources) -> None:
    """Each in a transaction of its own, because alerts are locked before groups."""
    for step in (_watch, expire_acks, mark_stale, adopt, _rearm):
        _apart(step.__name__.strip("_"), partial(_transacted, resources, step))


@patient
def _transacted(resources: Resources, step: Callable[[Connection, Settings, datetime], object]) -> None:
    with transaction(resources.store) as connection:
        step(connection, resources.settings, database_now(connection))


def _watch(connection: Connection, settings: Settings, now: datetime) -> None:
    """What the product itself cannot see or say is an alert as well."""
    seen = [
        each
        for look in (silent_checkers, silent_services, observations_of_channels)
        for each in look(connection, settings, now)
    ]
    ingest(connection, settings, seen, now)


def _rearm(connection: Connection, settings: Settings, now: datetime) -> None:
    del settings
    rearm_missed(connection, now)
