"""How things stand: one object with everything that a person on call looks at first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.views.alerts import alerts_overview, channels_overview
from api.views.overview import latest_checks, overall_health, running, schedule_overview, unchecked_rules
from api.views.processes import processes_of
from consistency.database import database_now, transaction
from consistency.model import Health, utc_text
from consistency.resources import Resources, require_ledger
from consistency.signs_of_life import Sign
from monitor_tasks.timetable import timetable


def health_now(seen: Health, processes: Mapping[str, Any], *, redis_answers: bool) -> Health:
    """What the checks have seen; but nothing is well as long as nobody can look again."""
    can_look = redis_answers and all(each["alive"] for each in processes.values())
    return seen if can_look or seen is not Health.HEALTHY else Health.UNKNOWN


def status_of(resources: Resources, now: datetime | None = None, signs: Sequence[Sign] | None = None) -> dict[str, Any]:
    """Everything that the status shows, as JSON values; `now` is the ledger's clock unless given.

    With `signs` the processes are those of all machines; None is no answer of Redis, and those are of this one.
    """
    require_ledger(resources.store)
    settings = resources.settings
    with transaction(resources.store.execution_options(readonly=True)) as connection:
        moment = now or database_now(connection)
        checks, processes = latest_checks(connection, settings, moment), processes_of(settings, signs)
        seen = overall_health(checks, unchecked_rules(settings, checks))
        return {
            "schema_version": 1,
            "as_of": utc_text(moment),
            "health": health_now(seen, processes, redis_answers=signs is not None),
            "checks": checks,
            "schedule": schedule_overview(connection, settings, timetable(), moment),
            "running": running(connection),
            "alerts": alerts_overview(connection, moment),
            "channels": channels_overview(connection),
            "processes": processes,
            "redis_answers": signs is not None,
        }
