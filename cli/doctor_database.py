"""What `doctor` looks at in the application's database, its replica and the product's own tables."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Engine, func, select

from cli.diagnosis import Diagnosis, State, diagnosis, examined
from cli.doctor_rights import rights_for_repairs
from consistency import gaps
from consistency.database import database_errors, database_now, snapshot, transaction
from consistency.errors import DatabaseError
from consistency.host import BoundRule
from consistency.ledger.own_tables import LEDGER, REPAIRS, OwnTables
from consistency.ledger.schema import installed_revision
from consistency.resources import Resources
from consistency.table_facts import estimated_rows
from monitor_tasks.index_advice import missing_indexes
from monitor_tasks.statements import Prepared, future_statement, unplaced_statement

SKEW = timedelta(seconds=5)
LAG = timedelta(seconds=60)


def examine_databases(resources: Resources) -> Iterator[Diagnosis]:
    """Everything that can be asked of the databases, in the order in which it makes sense to mend it."""
    reachable = list(examined("database", partial(_reachable, resources)))
    yield from reachable
    if any(each.state is State.FAIL for each in reachable):
        return
    for rule in resources.settings.rules:
        yield from _examine_rule(resources, rule.id)
    if resources.primary.dialect.name == "sqlite":
        yield from examined("write-ahead log", partial(_write_ahead, resources))
    yield from examined(LEDGER.title, partial(_own_tables, resources.store, LEDGER, State.FAIL))
    without = "; checks need none of them, repairs do"
    yield from examined(REPAIRS.title, partial(_own_tables, resources.primary, REPAIRS, State.WARN, without))


def _reachable(resources: Resources) -> Iterator[Diagnosis]:
    began, here = time.perf_counter(), datetime.now(UTC)
    with transaction(resources.reader) as connection:
        there = database_now(connection)
    took = time.perf_counter() - began
    where = resources.primary.url.render_as_string(hide_password=True)
    yield diagnosis("database", State.OK, f"{where} answered in {took * 1000:.0f} ms")
    skew = abs(there - here - timedelta(seconds=took / 2))
    apart = f"the database's clock and this machine's are {skew.total_seconds():.1f} s apart"
    if skew > SKEW + timedelta(seconds=took):
        yield diagnosis("clock", State.WARN, apart, "let both machines keep time by NTP")
    else:
        yield diagnosis("clock", State.OK, apart)


def _examine_rule(resources: Resources, rule_id: str) -> Iterator[Diagnosis]:
    name = f"mapping {rule_id}"
    fits = list(examined(name, partial(_fits, resources, rule_id), "correct this rule in reconcilery.toml"))
    yield from fits
    if any(each.state is State.FAIL for each in fits):
        return
    rule = resources.rule(rule_id)
    yield from examined(f"permissions {rule_id}", partial(_may_read, resources, rule), "grant SELECT on both tables")
    yield from examined(f"indexes {rule_id}", partial(_indexes, resources, rule))
    yield from _finish_times(resources, rule)
    if resources.read is not resources.primary:
        yield from examined(f"replica {rule_id}", partial(_replica, resources, rule), "correct read_url")


def _fits(resources: Resources, rule_id: str) -> Iterator[Diagnosis]:
    rule = resources.rule(rule_id)
    sizes = [
        f"{table.fullname} (about {estimated_rows(resources.reader, table)} rows)"
        for table in (rule.parent_table, rule.child_table)
    ]
    yield diagnosis(f"mapping {rule_id}", State.OK, f"fits the tables {' and '.join(sizes)}")


def _may_read(resources: Resources, rule: BoundRule) -> Iterator[Diagnosis]:
    tables = (rule.parent_table, rule.child_table)
    with transaction(resources.reader) as connection:
        for table in tables:
            connection.execute(select(table).limit(1)).first()
    names = f"{rule.parent_table.fullname} and {rule.child_table.fullname}"
    yield diagnosis(
        f"permissions {rule.id}", State.OK, f"can read {names}; {rights_for_repairs(resources.reader, rule)}"
    )


def _indexes(resources: Resources, rule: BoundRule) -> Iterator[Diagnosis]:
    name, missing = f"indexes {rule.id}", missing_indexes(resources.reader, rule)
    if not missing:
        yield diagnosis(name, State.OK, "every statement has its index")
    for index in missing:
        rows = estimated_rows(resources.reader, index.table)
        lacks = f"table {index.table.fullname} has no index for {index.purpose}"
        if rows < resources.settings.big_table_rows:
            yield diagnosis(name, State.OK, f"{lacks}; with about {rows} rows it does without", index.sql)
        else:
            yield diagnosis(name, State.WARN, f"{lacks}, with about {rows} rows", index.sql)


def _finish_times(resources: Resources, rule: BoundRule) -> Iterator[Diagnosis]:
    name = f"finish times {rule.id}"
    with transaction(resources.reader) as connection:
        now = database_now(connection)
    future = future_statement(rule, now, resources.settings.clock_skew_tolerance)
    try:
        ahead = _count(resources, future)
        nowhere = _count(resources, unplaced_statement(rule)) if rule.done[-1].nullable else 0
    except DatabaseError as error:
        yield diagnosis(name, State.WARN, f"could not be counted: {error}", "create the advised indexes")
        return
    if ahead:
        message = f"{ahead} successful tasks finish in the future; {rule.mapping.parent.tz} is taken as their zone"
        yield diagnosis(
            name, State.WARN, message, f"set parent.tz of rule {rule.id} to the zone the application writes"
        )
    if nowhere:
        message = f"{nowhere} successful tasks have no time in any column of done_at, so no check can place them"
        yield diagnosis(name, State.WARN, message, "name a column in parent.done_at that is never NULL")
    if not ahead and not nowhere:
        yield diagnosis(name, State.OK, "every successful task has one, and none lies in the future")


def _count(resources: Resources, prepared: Prepared) -> int:
    with snapshot(resources.read, resources.settings.statement_timeout) as connection:
        return int(connection.scalar(prepared.statement, prepared.parameters) or 0)


def _replica(resources: Resources, rule: BoundRule) -> Iterator[Diagnosis]:
    """How much older the newest finished task of the replica is than the primary's."""
    newest = select(func.max(rule.done[0].column)).select_from(rule.parent).where(*gaps.successful(rule))
    seen = []
    for engine in (resources.read, resources.primary):
        with snapshot(engine, resources.settings.statement_timeout) as connection:
            seen.append(connection.scalar(newest))
    name = f"replica {rule.id}"
    if not all(isinstance(moment, datetime) for moment in seen):
        yield diagnosis(name, State.OK, "reachable; there are no finish times to compare")
        return
    lag = max(seen[1] - seen[0], timedelta(0))
    message = f"reachable; its newest finished task is {lag.total_seconds():.0f} s older than the primary's"
    fix = "see why replication lags; tasks it does not show yet are looked at again on the primary"
    yield diagnosis(name, State.WARN, message, fix) if lag > LAG else diagnosis(name, State.OK, message)


def _write_ahead(resources: Resources) -> Iterator[Diagnosis]:
    with database_errors(resources.primary), resources.reader.connect() as connection:
        mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    if mode.lower() == "wal":
        yield diagnosis("write-ahead log", State.OK, "the application may write while a check reads")
    else:
        fix = f"sqlite3 {resources.primary.url.database} 'PRAGMA journal_mode=WAL'"
        message = f"the SQLite file is in mode {mode}: the application waits while a check reads"
        yield diagnosis("write-ahead log", State.WARN, message, fix)


def _own_tables(engine: Engine, tables: OwnTables, unusable: State, without: str = "") -> Iterator[Diagnosis]:
    """`unusable` is how bad it is that the tables are not there or too old, `without` what that means."""
    name, where = tables.title, engine.url.render_as_string(hide_password=True)
    found = installed_revision(engine, tables)
    if found == tables.revisions[-1]:
        yield diagnosis(name, State.OK, f"up to date in {where}")
    elif found is None:
        yield diagnosis(name, unusable, f"not there yet in {where}{without}", "reconcilery init")
    elif found in tables.revisions:
        yield diagnosis(name, unusable, f"of an older release ({found}) in {where}{without}", "reconcilery init")
    else:
        yield diagnosis(name, State.FAIL, f"of a newer release ({found}) in {where}", "update Reconcilery")
