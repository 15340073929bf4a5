"""The doctor finds what is wrong, says what mends it, and never shows a password."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner
from sqlalchemy import Engine, text

from cli.diagnosis import Diagnosis, State
from cli.doctor_database import examine_databases
from cli.doctor_services import _redis, examine_services
from cli.main import reconcilery
from consistency.database import connect, transaction
from consistency.heartbeats import beat_once, heartbeat_file
from consistency.ledger.own_tables import LEDGER, REPAIRS
from consistency.ledger.schema import create_or_upgrade
from consistency.resources import Resources
from consistency.settings import Settings
from tests.factories.default_app import AppTask, make_application
from tests.factories.minutely import create_minutely, execute_as_printed
from tests.servers.readers import account_with

Findings = dict[str, tuple[State, str, str]]


@pytest.fixture
def application(database_url: str) -> Resources:
    make_application(database_url, [AppTask(number, hours_ago(number + 1)) for number in range(5)])
    return resources_of(database_url)


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def resources_of(url: str, read_url: str = "", big_table_rows: int = 100_000) -> Resources:
    settings = Settings(database_url=url, read_url=read_url, big_table_rows=big_table_rows)
    primary = connect(url)
    return Resources(settings, primary, connect(read_url) if read_url else primary, primary)


def all_of(resources: Resources, check: str = "") -> list[Diagnosis]:
    """Every diagnosis of the databases, or those of one check."""
    found = list(examine_databases(resources))
    resources.dispose()
    return [each for each in found if each.check.startswith(check)]


def examined(resources: Resources) -> Findings:
    return {each.check: (each.state, each.message, each.fix) for each in all_of(resources)}


def test_a_fitting_application_without_own_tables_lacks_only_those(application: Resources) -> None:
    found = examined(application)
    if application.primary.dialect.name == "sqlite":
        assert found.pop("write-ahead log")[0] is State.WARN
    assert [check for check, (state, _, _) in found.items() if state is not State.OK] == [
        "own tables",
        "repair tables",
    ]
    assert list(found)[:4] == ["database", "clock", "mapping task-outputs", "permissions task-outputs"]
    assert found["own tables"][2] == "reconcilery init"
    assert found["repair tables"][0] is State.WARN
    create_or_upgrade(application.primary, LEDGER)
    create_or_upgrade(application.primary, REPAIRS)
    found = examined(application)
    assert {found[name][0] for name in ("own tables", "repair tables")} == {State.OK}


def test_a_database_that_is_down_is_the_only_thing_told_of_it() -> None:
    found = examined(resources_of("postgresql+psycopg://me:sesame@127.0.0.1:1/nowhere"))
    assert list(found) == ["database"]
    assert found["database"][0] is State.FAIL
    assert "sesame" not in found["database"][1]


def test_a_rule_that_does_not_fit_is_named(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("CREATE TABLE tasks (id integer PRIMARY KEY)"))
    found = examined(resources_of(engine.url.render_as_string(hide_password=False)))
    state, message, fix = found["mapping task-outputs"]
    assert state is State.FAIL
    assert "there is no table 'task_outputs'" in message
    assert "reconcilery.toml" in fix


def test_every_advised_index_is_printed_as_it_must_be_typed(engine: Engine) -> None:
    create_minutely(engine, 3_000)
    url = engine.url.render_as_string(hide_password=False)
    advice = all_of(resources_of(url, big_table_rows=1_000), "indexes")
    assert [each.state for each in advice] == [State.WARN] * 3
    small = all_of(resources_of(url), "indexes")
    assert [(each.state, each.fix) for each in small] == [(State.OK, each.fix) for each in advice]
    for each in advice:
        execute_as_printed(engine, each.fix)
    assert examined(resources_of(url))["indexes task-outputs"][1] == "every statement has its index"


def test_finish_times_in_the_future_and_none_at_all_are_told(application: Resources) -> None:
    with transaction(application.primary) as connection:
        ahead = text("UPDATE tasks SET completed_at = '2999-01-01 00:00:00' WHERE id = 0")
        connection.execute(ahead)
        connection.execute(text("UPDATE tasks SET completed_at=NULL, updated_at=NULL, created_at=NULL WHERE id = 1"))
    told = all_of(application, "finish times")
    assert [each.state for each in told] == [State.WARN, State.WARN]
    assert "1 successful tasks finish in the future; UTC is taken as their zone" in told[0].message
    assert "1 successful tasks have no time in any column" in told[1].message


def test_a_sqlite_file_with_write_ahead_log_is_fine(sqlite_url: str) -> None:
    make_application(sqlite_url, [])
    connect(sqlite_url, own_file=True).connect().close()  # the product switches its own files
    assert examined(resources_of(sqlite_url))["write-ahead log"][0] is State.OK


def test_a_replica_that_lags_is_told(postgres_url: str, postgres_server: str) -> None:
    copy = postgres_url + "_copy"
    admin = connect(postgres_server).execution_options(isolation_level="AUTOCOMMIT")
    name = copy.rpartition("/")[2]
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        make_application(postgres_url, [AppTask(1, hours_ago(1)), AppTask(2, hours_ago(0.5))])
        make_application(copy, [AppTask(1, hours_ago(1))])
        state, message, _ = examined(resources_of(postgres_url, read_url=copy))["replica task-outputs"]
        assert state is State.WARN
        assert "its newest finished task is 18" in message
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def test_an_account_that_may_not_read_is_told(postgres_url: str) -> None:
    make_application(postgres_url, [])
    engine = connect(postgres_url)
    with transaction(engine) as connection:
        connection.execute(text("CREATE ROLE blind LOGIN PASSWORD 'open sesame'"))
        connection.execute(text("GRANT SELECT ON tasks TO blind"))
    url = engine.url.set(username="blind", password="open sesame").render_as_string(hide_password=False)
    try:
        found = examined(resources_of(url))
        assert found["permissions task-outputs"][0] is State.FAIL
        assert "task_outputs" in found["permissions task-outputs"][1]
        assert "sesame" not in json.dumps(found)
    finally:
        with transaction(engine) as connection:
            connection.execute(text("DROP OWNED BY blind"))
            connection.execute(text("DROP ROLE blind"))
        engine.dispose()


#: What repairs need besides, as docs/howto/run-in-production.md has it; PostgreSQL also tells what is granted.
RIGHTS = {
    "postgresql": "will also need UPDATE on tasks and INSERT, UPDATE, DELETE on task_outputs, which are granted",
    "mysql": "will also need INSERT, DELETE on task_outputs",
    "sqlite": "will also need to write to this file",
}


def test_the_rights_that_repairs_need_are_named_as_documented(application: Resources) -> None:
    kind = application.primary.dialect.name
    state, message, _ = examined(application)["permissions task-outputs"]
    assert (state, message) == (State.OK, f"can read tasks and task_outputs; repairs {RIGHTS[kind]}")


def test_the_rights_that_repairs_lack_are_named(postgres_url: str) -> None:
    make_application(postgres_url, [])
    granted = ["GRANT SELECT, UPDATE ON tasks TO {name}", "GRANT SELECT, INSERT ON task_outputs TO {name}"]
    with account_with(postgres_url, os.getpid(), granted) as account:
        state, message, _ = examined(resources_of(account))["permissions task-outputs"]
    assert state is State.OK
    assert message.endswith("; not granted yet: UPDATE, DELETE on task_outputs")


def services(settings: Settings) -> Findings:
    return {each.check: (each.state, each.message, each.fix) for each in examine_services(settings)}


def test_without_redis_the_rest_is_still_looked_at(tmp_path: Path) -> None:
    found = services(Settings(redis_url="redis://:sesame@127.0.0.1:1/0", log_dir=tmp_path / "logs"))
    assert {check: state for check, (state, _, _) in found.items()} == {
        "log_dir": State.OK,
        "redis": State.FAIL,
        "beat": State.WARN,
        "events": State.WARN,
        "events on disk": State.OK,
        "channels": State.WARN,
    }
    assert "sesame" not in json.dumps(found)


def test_a_channel_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    channels = {"own": {"kind": "shop.chat:Chat", "options": {"token": "env:NOPE_TOKEN"}}, "con": {"kind": "console"}}
    down = "redis://127.0.0.1:1/0"
    found = services(Settings.model_validate({"log_dir": tmp_path, "redis_url": down, "channels": channels}))
    assert found["channel con"][0] is State.OK
    assert found["channel own"][0] is State.FAIL
    assert "NOPE_TOKEN, which is not set" in found["channel own"][1]


def test_beat_is_judged_by_its_sign_of_life(tmp_path: Path) -> None:
    settings = Settings(redis_url="redis://127.0.0.1:1/0", log_dir=tmp_path)
    assert services(settings)["beat"][0] is State.WARN
    beat_once(tmp_path, "beat")
    assert services(settings)["beat"][0] is State.OK
    os.utime(heartbeat_file(tmp_path, "beat"), (0, 0))
    assert services(settings)["beat"][0] is State.FAIL


def test_a_log_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = services(Settings(redis_url="redis://127.0.0.1:1/0", log_dir=tmp_path / "file" / "logs"))
    assert found["log_dir"][0] is State.FAIL


def test_wrong_settings_end_the_examination_with_every_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", "oracle://me:sesame@here/db")
    monkeypatch.setenv("RECONCILERY_TIMEZONE", "Mars/Base")
    result = CliRunner().invoke(reconcilery, ["doctor", "--json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["state"] == "fail"
    assert {each["check"] for each in report["checks"]} == {"settings"}
    assert len(report["checks"]) == 2
    assert "sesame" not in result.output


def test_without_a_database_the_doctor_says_which_setting_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILERY_REDIS_URL", "redis://127.0.0.1:1/0")
    result = CliRunner().invoke(reconcilery, ["doctor"])
    assert result.exit_code == 1
    assert "✖ fail  database: database_url: no database is configured" in result.stdout
    assert "⚠ warn  provider: nothing can be repaired: runninghub_api_key is not set" in result.stdout


def test_redis_is_judged_by_how_it_keeps_messages(redis_server: str, redis_url: str, tmp_path: Path) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        before = client.config_get("maxmemory-policy")["maxmemory-policy"]
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = {each.check: each for each in _redis(client)}
        finally:
            client.config_set("maxmemory-policy", before)
    assert found["redis"].state is State.OK
    assert found["redis eviction"].state is State.WARN
    assert found["redis eviction"].fix == "CONFIG SET maxmemory-policy noeviction"
    assert found["redis persistence"].message == "keeps every write (appendonly)"
