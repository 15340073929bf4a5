"""From what was asked to an open run: everything that can be wrong with it is told before anything is written."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, delete, false, insert, select

from compensation.copying import copied
from compensation.plans.scopes import Scope, live_key, named_ids, require_known
from compensation.plans.target_problems import filled_columns, target_problems
from compensation.runs import Parameters, Run, RunRequest, open_run
from consistency.database import database_now, transaction
from consistency.dates import window_of
from consistency.errors import BadRequest, DatabaseError, DatabaseUnavailable, MappingError
from consistency.host import BoundRule
from consistency.resources import Resources, require_repair_tables
from consistency.settings import Settings
from consistency.source import source_of

DEFAULT_LENGTH = timedelta(days=14)
LARGEST_BATCH = 10_000


@dataclass(frozen=True)
class RepairOrder:
    """What somebody asked for, as typed; `names` are what dates and ids are called where they were typed.

    An `unattended` run goes on by itself from a plan that needs no approval, whoever dies.
    """

    rule_id: str
    start: str | None = None
    end: str | None = None
    task_ids: Sequence[str] | None = None
    batch_size: int | None = None
    max_tasks: int | None = None
    dry_run: bool = False
    approved: bool = False
    unattended: bool = False
    actor: str = "unknown"
    slot: str = ""
    cap: int | None = None
    names: tuple[str, str, str] = ("start_date", "end_date", "task_ids")


def open_repair(resources: Resources, order: RepairOrder) -> tuple[Run, bool]:
    """Open a run for the order, and say whether it is new; it has no items yet.

    BadRequest for a wrong date or id, MappingError for a table that cannot be repaired, DatabaseError where the
    database's user may not write.
    """
    _require_numbers(order)
    require_repair_tables(resources.primary)
    rule = resources.rule(order.rule_id)
    require_target(resources.primary, rule)
    with transaction(resources.reader) as connection:
        now = database_now(connection)
    scope = _scope(resources, rule, order, now)
    if scope.window is None:
        require_known(source_of(resources), rule, scope.ids, now, order.names[2])
    request = RunRequest(
        rule_id=rule.id,
        rule_hash=rule.hash,
        target=target_of(resources.primary),
        scope=scope.as_dict(),
        scope_key=live_key(rule.id, scope, order.start, order.end),
        created_by=order.actor,
        parameters=_parameters(resources.settings, order),
        dry_run=order.dry_run,
        slot=order.slot,
    )
    run, is_new = open_run(resources.primary, request)
    return copied(resources, run), is_new


def _require_numbers(order: RepairOrder) -> None:
    if order.batch_size is not None and not 1 <= order.batch_size <= LARGEST_BATCH:
        raise BadRequest(f"batch_size: must be from 1 to {LARGEST_BATCH}, not {order.batch_size}")
    if order.max_tasks is not None and order.max_tasks < 1:
        raise BadRequest(f"max_tasks: must be at least 1, not {order.max_tasks}")


def _scope(resources: Resources, rule: BoundRule, order: RepairOrder, now: datetime) -> Scope:
    start_name, end_name, ids_name = order.names
    if order.task_ids is None:
        zone = ZoneInfo(resources.settings.timezone)
        return Scope(window_of(order.start, order.end, zone, now, DEFAULT_LENGTH, (start_name, end_name)))
    if order.start is not None or order.end is not None:
        raise BadRequest(f"{ids_name}: cannot be combined with {start_name} or {end_name}; name tasks or a window")
    return Scope(ids=named_ids(rule, order.task_ids, ids_name))


def _parameters(settings: Settings, order: RepairOrder) -> Parameters:
    return Parameters(
        batch_size=order.batch_size or settings.repair_batch_size,
        workers=settings.repair_workers,
        max_tasks=order.max_tasks,
        preview=settings.repair_preview,
        cap=min(settings.repair_cap, order.cap or settings.repair_cap),
        share=settings.repair_share,
        approved=order.approved,
        unattended=order.unattended,
    )


def require_target(engine: Engine, rule: BoundRule) -> None:
    """MappingError or DatabaseError when rows could not be written to the rule's table, with the fix."""
    if problems := target_problems(rule):
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise MappingError(problems[0] + more)
    _require_permission(engine, rule)


def _require_permission(engine: Engine, rule: BoundRule) -> None:
    """Try every statement of a repair on no row at all, in a transaction that is taken back."""
    table = rule.child_table
    filled = [table.c[name] for name in filled_columns(rule)]
    probes = [
        insert(table).from_select(filled, select(*filled).where(false())),
        delete(table).where(false()),
        select(table).where(false()).with_for_update(),
        select(rule.key).where(false()).with_for_update(),
    ]
    try:
        with transaction(engine) as connection:
            for probe in probes:
                connection.execute(probe)
            connection.rollback()
    except DatabaseUnavailable:
        raise
    except DatabaseError as error:
        needed = f"a repair writes, locks and deletes rows of {table.name}, and locks rows of {rule.parent_table.name}"
        raise DatabaseError(f"{error}; {needed}") from error


def target_of(engine: Engine) -> str:
    """What tells this database from others, without user and password; 16 hex digits."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        place = str(Path(url.database or ":memory:").resolve())
    else:
        place = f"{url.get_backend_name()}://{url.host}:{url.port}/{url.database}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]
