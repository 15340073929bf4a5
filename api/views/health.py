"""How the whole system is: each part by itself, and the gravest of them, from what was seen of it.

A part that could not be asked is never taken for well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.views.alerts import channels_overview
from api.views.overview import latest_checks, overall_health, unchecked_rules
from api.views.processes import processes_of
from api.views.times import seconds_text
from consistency.model import CheckType, Health, utc_text
from consistency.settings import Settings
from consistency.signs_of_life import Sign

Record = dict[str, Any]

GRAVEST_FIRST = (Health.UNHEALTHY, Health.UNKNOWN, Health.DEGRADED, Health.HEALTHY)
_FIXES = {
    "worker": "start one with: celery -A monitor_tasks worker",
    "beat": "nothing is scheduled; start it with: celery -A monitor_tasks beat",
}


@dataclass(frozen=True)
class SeenStore:
    """What the own tables say: the latest checks, and how the channels are."""

    as_of: datetime
    checks: Sequence[Record]
    channels: Record


def look_at_store(connection: Connection, settings: Settings, now: datetime) -> SeenStore:
    """Read it; errors of the database pass."""
    return SeenStore(now, latest_checks(connection, settings, now), channels_overview(connection))


def health_of_system(settings: Settings, store: SeenStore | str, signs: Sequence[Sign] | None) -> Record:
    """The health, and that of each part with its reason; a text instead of the store says why it could not be read.

    `signs` are None when Redis did not answer.
    """
    components = {
        "checks": _checks(settings, store),
        **_processes(settings, signs),
        "redis": _part(Health.UNHEALTHY, "it does not answer") if signs is None else _part(Health.HEALTHY),
        "store": _part(Health.UNHEALTHY, store) if isinstance(store, str) else _part(Health.HEALTHY),
        "channels": _channels(store),
    }
    seen = {part["status"] for part in components.values()}
    status = next(health for health in GRAVEST_FIRST if health in seen)
    reasons = [f"{name}: {part['detail']}" for name, part in components.items() if part["status"] != Health.HEALTHY]
    return {
        "status": str(status),
        "schema_version": 1,
        "as_of": None if isinstance(store, str) else utc_text(store.as_of),
        "reasons": reasons,
        "components": components,
    }


def _part(status: Health, detail: str = "", **more: Any) -> Record:
    return {"status": str(status), "detail": detail or "ok", **more}


def _checks(settings: Settings, store: SeenStore | str) -> Record:
    if isinstance(store, str):
        return _part(Health.UNKNOWN, "their results cannot be read")
    return health_of_checks(settings, store.checks)


def health_of_checks(settings: Settings, checks: Sequence[Record]) -> Record:
    """How the data are by the latest checks, and why; `unchecked` and `stale` name of what nobody knows it."""
    scheduled = [check for check in checks if check["type"] != CheckType.RANGE]
    if not scheduled:
        return _part(Health.UNKNOWN, "no check has ended yet")
    health, stale = overall_health(scheduled), [check for check in scheduled if check["stale"]]
    if (unchecked := unchecked_rules(settings, scheduled)) and health is not Health.UNHEALTHY:
        rules = ", ".join(unchecked)
        return _part(Health.UNKNOWN, f"no check of {rules} has ended yet", unchecked=unchecked)
    if stale and health is not Health.UNHEALTHY:
        late = stale[0]
        ago = f"the last {late['type']} check of {late['rule']} ended {seconds_text(late['age_seconds'])} ago"
        return _part(Health.UNKNOWN, ago, stale=[f"{check['type']} {check['rule']}" for check in stale])
    worst = next(check for check in scheduled if check["health"] == health)
    return _part(health, f"{worst['type']} check of {worst['rule']}: {worst['report']['verdict']}")


def _processes(settings: Settings, signs: Sequence[Sign] | None) -> dict[str, Record]:
    found = processes_of(settings, signs)
    return {"workers": _process("worker", found["worker"], signs), "beat": _process("beat", found["beat"], signs)}


def _process(kind: str, seen: Mapping[str, Any], signs: Sequence[Sign] | None) -> Record:
    facts = {"age_seconds": seen["age_seconds"], "known": seen["known"]}
    if seen["alive"]:
        return _part(Health.HEALTHY, **facts)
    if signs is None:
        return _part(Health.UNKNOWN, "Redis, which knows the processes of other machines, does not answer", **facts)
    age = seen["age_seconds"]
    silent = f"no {kind} has given a sign of life" + ("" if age is None else f" for {seconds_text(age)}")
    return _part(Health.UNHEALTHY, f"{silent}; {_FIXES[kind]}", **facts)


def _channels(store: SeenStore | str) -> Record:
    if isinstance(store, str):
        return _part(Health.UNKNOWN, "how they are cannot be read")
    broken, dead = store.channels["broken"], store.channels["dead_messages"]
    if broken:
        names = ", ".join(each["channel"] for each in broken)
        detail = f"{names} cannot be told anything: {broken[0]['reason']}"
        return _part(Health.DEGRADED, detail, dead_messages=dead, broken=broken)
    return _part(Health.HEALTHY, dead_messages=dead)
