import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from consistency.database import connect, transaction
from consistency.errors import DatabaseError, LedgerMissing
from consistency.ledger import schema
from consistency.ledger.schema import REVISIONS, VERSION_TABLE, create_or_upgrade, is_current, is_ours
from consistency.ledger.tables import metadata
from consistency.resources import require_ledger

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = connect(database_url)
    yield opened
    opened.dispose()


def own_tables(engine: Engine) -> set[str]:
    return {name for name in inspect(engine).get_table_names() if name.startswith("reconcilery_")}


def set_revision(engine: Engine, revision: str) -> None:
    with transaction(engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :revision"), {"revision": revision})


def test_the_tables_are_made_as_the_program_describes_them(engine: Engine) -> None:
    assert not is_current(engine)
    (done,) = create_or_upgrade(engine)
    assert done.startswith("0001: the tables of checks")
    assert is_current(engine)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "include_object": is_ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    assert own_tables(engine) == {*metadata.tables, VERSION_TABLE}


def test_a_second_time_does_nothing(engine: Engine) -> None:
    create_or_upgrade(engine)
    assert create_or_upgrade(engine) == []


def test_several_at_once_do_the_work_once(engine: Engine, database_url: str) -> None:
    done: list[list[str]] = []
    engines = [connect(database_url) for _ in range(4)]
    threads = [threading.Thread(target=lambda each=each: done.append(create_or_upgrade(each))) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in engines:
        each.dispose()
    assert sorted(map(len, done)) == [0, 0, 0, 1]
    assert is_current(engine)


def test_the_tables_of_the_application_are_left_alone(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("CREATE TABLE tasks (id INTEGER PRIMARY KEY, note VARCHAR(10))"))
        connection.execute(text("INSERT INTO tasks VALUES (1, 'kept')"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    create_or_upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM tasks")).all() == [(1, "kept")]
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "theirs"


def test_an_attempt_that_died_half_way_is_gone_on_with(engine: Engine) -> None:
    first = metadata.tables["reconcilery_check_runs"]
    with transaction(engine) as connection:
        first.create(connection)
    create_or_upgrade(engine)
    assert own_tables(engine) == {*metadata.tables, VERSION_TABLE}


def test_the_tables_are_asked_for_before_they_are_used(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LedgerMissing, match=r"are not in .* yet; run `reconcilery init`"):
        require_ledger(engine)
    create_or_upgrade(engine)
    require_ledger(engine)
    monkeypatch.setattr(schema, "REVISIONS", (*REVISIONS, "0002"))
    with pytest.raises(LedgerMissing, match="older than this program; run `reconcilery init` again"):
        require_ledger(engine)


def test_tables_of_a_newer_release_are_not_touched(engine: Engine) -> None:
    create_or_upgrade(engine)
    set_revision(engine, "9999")
    with pytest.raises(LedgerMissing, match="newer release"):
        require_ledger(engine)
    with pytest.raises(DatabaseError, match="newer release"):
        create_or_upgrade(engine)


def test_the_program_knows_every_change() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert tuple(script.revision for script in reversed(scripts)) == REVISIONS
