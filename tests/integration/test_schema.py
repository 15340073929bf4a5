import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.schema import CreateTable

from consistency.database import connect, transaction
from consistency.errors import DatabaseError, LedgerMissing, NotAllowed
from consistency.ledger.own_tables import LEDGER, REPAIRS, OwnTables
from consistency.ledger.schema import create_or_upgrade, is_current, require_current
from consistency.resources import require_ledger, require_repair_tables

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
BOTH = pytest.mark.parametrize("tables", [LEDGER, REPAIRS], ids=["ledger", "repairs"])


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = connect(database_url)
    yield opened
    opened.dispose()


def present(engine: Engine) -> set[str]:
    return {name for name in inspect(engine).get_table_names() if name.startswith("reconcilery_")}


def all_of(*sets: OwnTables) -> set[str]:
    return {name for tables in sets for name in (*tables.metadata.tables, tables.version_table)}


def set_revision(engine: Engine, tables: OwnTables, revision: str) -> None:
    with transaction(engine) as connection:
        statement = text(f"UPDATE {tables.version_table} SET version_num = :revision")
        connection.execute(statement, {"revision": revision})


def assert_as_described(engine: Engine, tables: OwnTables) -> None:
    options = {"version_table": tables.version_table, "include_object": tables.is_ours, "compare_type": True}
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata) == []


def columns_of(engine: Engine, tables: OwnTables) -> dict[str, list[tuple[str, str, bool]]]:
    """What autogenerate does not compare: collations, and the order of the columns."""
    found = inspect(engine)
    return {
        name: [(each["name"], repr(each["type"]), each["nullable"]) for each in found.get_columns(name)]
        for name in tables.metadata.tables
    }


@BOTH
def test_the_tables_are_made_as_the_program_describes_them(engine: Engine, tables: OwnTables) -> None:
    assert not is_current(engine, tables)
    done = create_or_upgrade(engine, tables)
    assert [line.partition(": the tables of ")[0] for line in done] == list(tables.revisions)
    assert is_current(engine, tables)
    assert_as_described(engine, tables)
    assert present(engine) == all_of(tables)


@BOTH
def test_a_column_is_the_same_whoever_makes_it(engine: Engine, tables: OwnTables) -> None:
    create_or_upgrade(engine, tables)
    migrated = columns_of(engine, tables)
    tables.metadata.drop_all(engine)
    tables.metadata.create_all(engine)
    assert columns_of(engine, tables) == migrated


def test_both_sets_live_in_one_database(engine: Engine) -> None:
    create_or_upgrade(engine, REPAIRS)
    assert not is_current(engine, LEDGER)
    create_or_upgrade(engine, LEDGER)
    assert present(engine) == all_of(LEDGER, REPAIRS)
    for tables in (LEDGER, REPAIRS):
        assert is_current(engine, tables)
        assert create_or_upgrade(engine, tables) == []
        assert_as_described(engine, tables)


@BOTH
def test_several_at_once_do_the_work_once(engine: Engine, database_url: str, tables: OwnTables) -> None:
    done: list[list[str]] = []
    engines = [connect(database_url) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda each=each: done.append(create_or_upgrade(each, tables))) for each in engines
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in engines:
        each.dispose()
    assert sorted(map(len, done)) == [0, 0, 0, len(tables.revisions)]
    assert is_current(engine, tables)


def test_the_tables_of_the_application_are_left_alone(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("CREATE TABLE tasks (id INTEGER PRIMARY KEY, note VARCHAR(10))"))
        connection.execute(text("INSERT INTO tasks VALUES (1, 'kept')"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    create_or_upgrade(engine, LEDGER)
    create_or_upgrade(engine, REPAIRS)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM tasks")).all() == [(1, "kept")]
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "theirs"


@BOTH
def test_an_attempt_that_died_half_way_is_gone_on_with(engine: Engine, tables: OwnTables) -> None:
    first, second = tables.metadata.sorted_tables[:2]
    with transaction(engine) as connection:
        first.create(connection)
        connection.execute(CreateTable(second))  # without its indexes
    create_or_upgrade(engine, tables)
    assert present(engine) == all_of(tables)
    assert_as_described(engine, tables)


@pytest.mark.parametrize(("tables", "require"), [(LEDGER, require_ledger), (REPAIRS, require_repair_tables)])
def test_the_tables_are_asked_for_before_they_are_used(engine: Engine, tables: OwnTables, require: object) -> None:
    assert callable(require)
    with pytest.raises(LedgerMissing, match=rf"{tables.title} are not in .* yet; run `reconcilery init`"):
        require(engine)
    create_or_upgrade(engine, tables)
    require(engine)
    newer = replace(tables, revisions=(*tables.revisions, "9999"))
    with pytest.raises(LedgerMissing, match="older than this program; run `reconcilery init` again"):
        require_current(engine, newer)


@BOTH
def test_tables_of_a_newer_release_are_not_touched(engine: Engine, tables: OwnTables) -> None:
    create_or_upgrade(engine, tables)
    set_revision(engine, tables, "9999")
    with pytest.raises(LedgerMissing, match="newer release"):
        require_current(engine, tables)
    with pytest.raises(DatabaseError, match="newer release"):
        create_or_upgrade(engine, tables)


@BOTH
def test_the_program_knows_every_change(tables: OwnTables) -> None:
    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS / tables.versions)])
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == tables.revisions


def test_who_may_only_read_is_told_so(readers_url: str) -> None:
    reader = connect(readers_url)
    with pytest.raises(NotAllowed, match="refused a statement"):
        create_or_upgrade(reader, REPAIRS)
    reader.dispose()
