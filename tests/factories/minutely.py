"""Big tables, filled by the database itself: a task a minute before `LAST`, each with one output."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from consistency.database import transaction

LAST = datetime(2026, 9, 1, tzinfo=UTC)
_NUMBERS = {
    "postgresql": "generate_series(1, {rows}) AS numbers(n)",
    "mysql": "(SELECT seq AS n FROM seq_1_to_{rows}) AS numbers",
    "sqlite": "(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {rows}) SELECT n FROM up)",
}
_MOMENT = {
    "postgresql": "TIMESTAMP '2026-09-01' - n * INTERVAL '1 minute'",
    "mysql": "TIMESTAMP '2026-09-01 00:00:00' - INTERVAL n MINUTE",
    "sqlite": "datetime('2026-09-01', '-' || n || ' minutes')",
}
_TYPE = {"postgresql": "timestamp", "mysql": "datetime(6)", "sqlite": "datetime"}


def create_minutely(engine: Engine, rows: int, finished: str = "n % 500 <> 1", state_type: str = "varchar(20)") -> None:
    """Tables as the default rule wants them, without any index; `finished` says which tasks have a completed_at."""
    kind = engine.dialect.name
    cast = state_type if kind == "postgresql" else "char(20)"
    moment, type_, numbers = _MOMENT[kind], _TYPE[kind], _NUMBERS[kind].format(rows=rows)
    with transaction(engine.execution_options(no_parameters=True)) as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE tasks (id bigint PRIMARY KEY, status {state_type} NOT NULL, provider_task_id varchar(40),"
            f" completed_at {type_}, updated_at {type_}, created_at {type_} NOT NULL)"
        )
        connection.exec_driver_sql(
            "CREATE TABLE task_outputs (id bigint PRIMARY KEY, task_id bigint, output_key varchar(100), file_url text,"
            f" file_type text, created_at {type_})"
        )
        connection.exec_driver_sql(
            f"INSERT INTO tasks SELECT n, CAST(CASE WHEN n % 10 = 0 THEN 'FAILED' ELSE 'SUCCESS' END AS {cast}), NULL,"
            f" CASE WHEN {finished} THEN {moment} END, {moment}, {moment} FROM {numbers}"
        )
        connection.exec_driver_sql(f"INSERT INTO task_outputs SELECT n, n, 'a', 'u', 't', {moment} FROM {numbers}")
    analyse(engine)


def analyse(engine: Engine) -> None:
    """Let the database learn how big its tables are."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    elif engine.dialect.name == "mysql":
        with transaction(engine) as connection:
            connection.exec_driver_sql("ANALYZE TABLE tasks, task_outputs")


def execute_as_printed(engine: Engine, statement: str) -> None:
    """Run one line as a person pastes it: without a transaction where the database asks for that."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT", no_parameters=True) as connection:
            connection.exec_driver_sql(statement)
    else:
        with engine.execution_options(no_parameters=True).begin() as connection:
            connection.exec_driver_sql(statement)
