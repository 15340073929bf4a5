"""What rights an account needs beyond reading before it can repair; docs/howto/run-in-production.md says why."""

from collections.abc import Mapping

from sqlalchemy import Engine, Table, text

from consistency.database import transaction
from consistency.host import BoundRule

Rights = Mapping[Table, tuple[str, ...]]


def rights_for_repairs(engine: Engine, rule: BoundRule) -> str:
    """What repairs of the rule will also need, and, where the database tells, what of it is not granted yet."""
    if engine.dialect.name == "sqlite":
        return "repairs will also need to write to this file"
    needed = _needed(engine, rule)
    words = f"repairs will also need {_words(needed)}"
    if engine.dialect.name != "postgresql":
        return words
    lacking = _lacking(engine, needed)
    return f"{words}; not granted yet: {_words(lacking)}" if lacking else f"{words}, which are granted"


def _needed(engine: Engine, rule: BoundRule) -> Rights:
    parent, child = rule.parent_table, rule.child_table
    if engine.dialect.name == "postgresql":
        return {parent: ("UPDATE",), child: ("INSERT", "UPDATE", "DELETE")}
    if getattr(engine.dialect, "is_mariadb", False):  # It locks a row for whoever may read it.
        return {child: ("INSERT", "DELETE")}
    return {parent: ("UPDATE",), child: ("INSERT", "DELETE")}


def _lacking(engine: Engine, needed: Rights) -> Rights:
    return {table: lacking for table, rights in needed.items() if (lacking := _not_granted(engine, table, rights))}


def _not_granted(engine: Engine, table: Table, rights: tuple[str, ...]) -> tuple[str, ...]:
    quoted = engine.dialect.identifier_preparer.format_table(table).replace("%%", "%")
    granted = text("SELECT has_table_privilege(:name, :right)")
    with transaction(engine) as connection:
        return tuple(right for right in rights if not connection.scalar(granted, {"name": quoted, "right": right}))


def _words(rights: Rights) -> str:
    return " and ".join(f"{', '.join(each)} on {table.fullname}" for table, each in rights.items())
