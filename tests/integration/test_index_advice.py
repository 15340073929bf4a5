"""Big tables without indexes are found, and the lines that are printed really help."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from consistency import gaps
from consistency.binding import bind
from consistency.database import connect, snapshot
from consistency.mapping import DEFAULT_RULE
from consistency.measure import count_statement
from consistency.model import Level, Window
from consistency.resources import Resources
from consistency.settings import Settings
from consistency.tasks_by_keys import select_tasks
from monitor_tasks.full_reads import index_findings, planned_statements
from monitor_tasks.index_advice import missing_indexes
from monitor_tasks.query_plans import full_reads
from monitor_tasks.statements import Prepared, Scope, scan_statement
from tests.factories.minutely import LAST, analyse, create_minutely, execute_as_printed

ROWS = {"postgresql": 200_000, "mysql": 60_000, "sqlite": 60_000}
FOUR_HOURS = Window(LAST - timedelta(days=10, hours=4), LAST - timedelta(days=10))
SCOPE = Scope((FOUR_HOURS,), LAST)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = connect(database_url)
    yield opened
    opened.dispose()


def resources_of(engine: Engine) -> Resources:
    return Resources(Settings(big_table_rows=50_000), engine, engine, engine)


def test_a_big_table_that_is_read_from_end_to_end_is_found_and_the_advice_ends_it(engine: Engine) -> None:
    create_minutely(engine, ROWS[engine.dialect.name])
    resources = resources_of(engine)
    found = index_findings(resources, bind(engine, DEFAULT_RULE, 50_000), SCOPE)
    assert [finding.level for finding in found] == [Level.MEDIUM, Level.MEDIUM, Level.LOW]
    assert 'is read from end to end by "tasks", "finish times in the future"' in found[0].message
    for finding in found:
        assert finding.fix.startswith("CREATE INDEX ")
        execute_as_printed(engine, finding.fix)
    assert index_findings(resources, bind(engine, DEFAULT_RULE, 50_000), SCOPE) == []


def test_small_tables_are_read_from_end_to_end_without_a_word(engine: Engine) -> None:
    create_minutely(engine, 500)
    rule = bind(engine, DEFAULT_RULE, 50_000)
    assert index_findings(resources_of(engine), rule, SCOPE) == []
    assert len(missing_indexes(engine, rule)) == 3


def test_with_the_advised_indexes_no_statement_reads_a_whole_table(postgres_url: str) -> None:
    engine = connect(postgres_url)
    create_minutely(engine, ROWS["postgresql"])
    for index in missing_indexes(engine, bind(engine, DEFAULT_RULE, 50_000)):
        execute_as_printed(engine, index.sql)
    analyse(engine)
    rule, settings = bind(engine, DEFAULT_RULE, 50_000), Settings()
    statements = planned_statements(rule, SCOPE, engine.dialect, settings)
    assert len(statements) == 3
    statements["second look"] = scan_statement(rule, SCOPE, engine.dialect, keys=list(range(14_400, 14_640)))
    for place, column in enumerate(rule.done):
        page = select(rule.key).where(gaps.gap(rule, place, FOUR_HOURS, LAST)).order_by(column.bare, rule.key)
        statements[f"missing tasks by {column.column.name}"] = Prepared(page.limit(1000), {})
        counted = count_statement(rule, place, gaps.within(rule, place, FOUR_HOURS), LAST)
        statements[f"before and after by {column.column.name}"] = Prepared(counted, {})
    statements["tasks by keys"] = Prepared(select_tasks(rule, list(range(14_400, 15_400)), LAST), {})
    with snapshot(engine, timedelta(seconds=30)) as connection:
        read = {name: full_reads(connection, statement) for name, statement in statements.items()}
    assert {name: reads for name, reads in read.items() if reads} == {}
    engine.dispose()


def test_where_most_tasks_lack_the_first_finish_time_one_index_of_postgresql_serves_all(postgres_url: str) -> None:
    engine = connect(postgres_url)
    create_minutely(engine, 100_000, finished="n % 2 = 0")
    advised = [index.sql for index in missing_indexes(engine, bind(engine, DEFAULT_RULE, 50_000))]
    line = "CREATE INDEX CONCURRENTLY reconcilery_tasks_completed_at_updated_at_created_at_id ON tasks"
    assert f"{line} (completed_at, updated_at, created_at, id) WHERE status IN ('SUCCESS')" in advised
    for index in advised:
        execute_as_printed(engine, index)
    analyse(engine)
    rule = bind(engine, DEFAULT_RULE, 50_000)
    assert index_findings(resources_of(engine), rule, SCOPE) == []
    engine.dispose()


def test_where_most_tasks_lack_the_first_finish_time_the_next_column_gets_an_index(mariadb_url: str) -> None:
    engine = connect(mariadb_url)
    create_minutely(engine, 100_000, finished="n % 2 = 0")
    for index in missing_indexes(engine, bind(engine, DEFAULT_RULE, 50_000)):
        execute_as_printed(engine, index.sql)
    analyse(engine)
    resources, rule = resources_of(engine), bind(engine, DEFAULT_RULE, 50_000)
    first = index_findings(resources, rule, SCOPE)
    line = "CREATE INDEX reconcilery_tasks_status_updated_at_id ON tasks (status, updated_at, id)"
    assert [finding.fix for finding in first] == [line]
    execute_as_printed(engine, first[0].fix)
    analyse(engine)
    assert index_findings(resources, rule, SCOPE) == []
    engine.dispose()


@pytest.mark.parametrize("state_type", ["varchar(20)", "text", "job_state"])
def test_several_states_share_one_index(postgres_url: str, state_type: str) -> None:
    engine = connect(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TYPE job_state AS ENUM ('SUCCESS', 'FAILED', 'DONE')")
    create_minutely(engine, 60_000, state_type=state_type)
    side = DEFAULT_RULE.parent.model_copy(update={"state_in": ("SUCCESS", "DONE")})
    mapping = DEFAULT_RULE.model_copy(update={"parent": side})
    for index in missing_indexes(engine, bind(engine, mapping, 50_000)):
        execute_as_printed(engine, index.sql)
    analyse(engine)
    rule = bind(engine, mapping, 50_000)
    assert missing_indexes(engine, rule) == []
    assert index_findings(resources_of(engine), rule, SCOPE) == []
    engine.dispose()


HOSTILE = 'ta"s%k; drop table x;--'


def test_names_and_values_are_written_as_each_database_wants_them(engine: Engine) -> None:
    state_type = "text" if engine.dialect.name != "postgresql" else "job_state"
    quote = engine.dialect.identifier_preparer.quote_identifier
    with engine.execution_options(no_parameters=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("CREATE TYPE job_state AS ENUM ('it''s 100% done', 'lost')")
        moment = "datetime" if engine.dialect.name != "postgresql" else "timestamptz"
        names = quote(HOSTILE).replace("%%", "%"), quote("sta te").replace("%%", "%")
        columns = f"id varchar(40) PRIMARY KEY, {names[1]} {state_type}, {names[0]} {moment}"
        connection.exec_driver_sql(f"CREATE TABLE {names[0]} ({columns})")
        connection.exec_driver_sql(f"CREATE TABLE outputs (id int PRIMARY KEY, owner varchar(40), made {moment})")
    mapping = DEFAULT_RULE.model_validate(
        {
            "id": "hostile",
            "parent": {
                "table": HOSTILE,
                "id": "id",
                "state": "sta te",
                "state_in": ["it's 100% done"],
                "done_at": [HOSTILE],
            },
            "child": {"table": "outputs", "fk": "owner", "created_at": "made"},
        }
    )
    rule = bind(engine, mapping, 10)
    advice = missing_indexes(engine, rule)
    assert len(advice) == 3
    for index in advice:
        assert "\n" not in index.sql
        execute_as_printed(engine, index.sql)
    assert missing_indexes(engine, rule) == []


def test_a_view_is_given_no_index(engine: Engine) -> None:
    create_minutely(engine, 10)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW finished AS SELECT * FROM tasks")
    side = DEFAULT_RULE.parent.model_copy(update={"table": "finished"})
    rule = bind(engine, DEFAULT_RULE.model_copy(update={"parent": side}), 10)
    assert {index.table.name for index in missing_indexes(engine, rule)} == {"task_outputs"}


def test_the_seeds_own_advice_is_enough(engine: Engine) -> None:
    create_minutely(engine, 10)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE INDEX one ON tasks (completed_at)")
        connection.exec_driver_sql("CREATE INDEX two ON task_outputs (created_at)")
        connection.exec_driver_sql("CREATE UNIQUE INDEX three ON task_outputs (task_id, output_key)")
    assert missing_indexes(engine, bind(engine, DEFAULT_RULE, 10)) == []
