"""Big tables that a check reads from end to end, and the index that would spare it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Dialect, Table, select

from consistency import gaps
from consistency.database import database_errors, snapshot
from consistency.host import BoundRule
from consistency.model import Finding, Level
from consistency.resources import Resources
from consistency.settings import Settings
from consistency.table_facts import estimated_rows
from monitor_tasks.index_advice import (
    FUTURE,
    STRAYS,
    TASKS,
    UNPLACED,
    AdvisedIndex,
    existing_indexes,
    missing_indexes,
    serves,
    tasks_by_time,
)
from monitor_tasks.query_plans import FullRead, full_reads
from monitor_tasks.statements import (
    Prepared,
    Scope,
    future_statement,
    scan_statement,
    unplaced_statement,
)
from monitor_tasks.strays import stray_statement

#: A statement that needs more of a table than this share rightly reads all of it.
_FEW = 0.05


@dataclass
class BigTable:
    """A table over `big_table_rows`, and who would read all of it: the statement's name and the rows it needs."""

    table: Table
    rows: int
    reads: dict[str, FullRead] = field(default_factory=dict)

    def needless(self) -> dict[str, FullRead]:
        """The full reads that are made for a few rows, as far as the database tells."""
        return {name: read for name, read in self.reads.items() if read.kept is None or read.kept < _FEW * self.rows}

    def finding(self, level: Level, code: str, message: str, fix: str, reading: Iterable[str]) -> Finding:
        """What is said of the table, and of the statements that read all of it."""
        values = {"table": self.table.fullname, "rows": self.rows, "statements": list(reading)}
        told = f"table {self.table.fullname} (about {self.rows} rows) {message}"
        return Finding("database", level, told, fix, code, values)


def index_findings(resources: Resources, rule: BoundRule, scope: Scope) -> list[Finding]:
    """One finding for each index that a big table lacks, with the line that creates it. Nothing but EXPLAIN is run."""
    big = big_tables(resources, rule)
    if not big:
        return []
    _plan(resources, rule, scope, big)
    missing = missing_indexes(resources.reader, rule)
    findings = [_lacks(big[index.table], index, rule) for index in missing if index.table in big]
    complete = [table for table in big.values() if table.table not in {index.table for index in missing}]
    return findings + [finding for table in complete for finding in _ignored(resources, rule, scope, table)]


def big_tables(resources: Resources, rule: BoundRule) -> dict[Table, BigTable]:
    """The tables of the rule that are big, by the database's own estimate."""
    found = {}
    with database_errors(resources.primary):
        for table in (rule.parent_table, rule.child_table):
            rows = estimated_rows(resources.primary, table)
            if rows >= resources.settings.big_table_rows:
                found[table] = BigTable(table, rows)
    return found


def planned_statements(rule: BoundRule, scope: Scope, dialect: Dialect, settings: Settings) -> dict[str, Prepared]:
    """The statements that a check of this rule runs, by the names that its timings bear."""
    statements: dict[str, Prepared | None] = {
        TASKS: scan_statement(rule, scope, dialect),
        STRAYS: stray_statement(rule, scope, dialect.name),
        FUTURE: future_statement(rule, scope.as_of, settings.clock_skew_tolerance),
        UNPLACED: unplaced_statement(rule) if rule.done[-1].nullable else None,
    }
    return {name: statement for name, statement in statements.items() if statement is not None}


def _plan(resources: Resources, rule: BoundRule, scope: Scope, big: dict[Table, BigTable]) -> None:
    tables = {rule.parent.name: rule.parent_table, rule.child.name: rule.child_table, "owner": rule.parent_table}
    tables["recent"] = rule.parent_table
    with snapshot(resources.read, resources.settings.statement_timeout) as connection:
        for name, statement in planned_statements(rule, scope, connection.dialect, resources.settings).items():
            for read in full_reads(connection, statement):
                table = tables.get(read.alias)
                if table is not None and table in big:
                    big[table].reads.setdefault(name, read)


def _lacks(table: BigTable, index: AdvisedIndex, rule: BoundRule) -> Finding:
    message, reading = f"has no index for {index.purpose}", [name for name in index.helps if name in table.reads]
    if reading:
        message += f" and is read from end to end by {_names(reading)}"
        return table.finding(Level.MEDIUM, "index_missing_read_whole", message, index.sql, reading)
    if STRAYS in index.helps and index.table is rule.child_table and not rule.outputs_by_time:
        message += ", so they are not counted"
        return table.finding(Level.LOW, "index_missing_not_counted", message, index.sql, index.helps)
    return table.finding(Level.LOW, "index_missing", message, index.sql, index.helps)


def _ignored(resources: Resources, rule: BoundRule, scope: Scope, table: BigTable) -> list[Finding]:
    """The table has what is advised, and yet a statement reads all of it for a few rows."""
    needless = table.needless()
    message = f"is read from end to end by {_names(needless)} although its indexes are there"
    by_time = TASKS in needless and table.table is rule.parent_table
    if by_time and (later := _for_a_later_column(resources, rule, scope)):
        return [table.finding(Level.MEDIUM, "read_whole", message, later.sql, needless)]
    if any(read.kept is not None for read in needless.values()):
        return [table.finding(Level.LOW, "read_whole", message, f"ANALYZE {table.table.fullname}", needless)]
    return []


def _for_a_later_column(resources: Resources, rule: BoundRule, scope: Scope) -> AdvisedIndex | None:
    """A later finish column finds the tasks whose first is NULL; where that is common, it needs its own index."""
    there = existing_indexes(resources.reader, rule.parent_table)
    for place in range(1, len(rule.done)):
        index = tasks_by_time(resources.reader, rule, place)
        if not any(serves(found, index) for found in there) and _reads_all(resources, rule, scope, place):
            return index
    return None


def _reads_all(resources: Resources, rule: BoundRule, scope: Scope, place: int) -> bool:
    conditions = [*gaps.successful(rule), *gaps.placed(rule, place), *gaps.within(rule, place, scope.windows[0])]
    with snapshot(resources.read, resources.settings.statement_timeout) as connection:
        return bool(full_reads(connection, Prepared(select(rule.key).where(*conditions), {})))


def _names(reads: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in reads)
