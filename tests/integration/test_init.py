"""`reconcilery init`: both sets of own tables, and what happens where one of them is refused."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import inspect

from cli.main import reconcilery
from consistency.database import connect
from consistency.ledger.own_tables import LEDGER, REPAIRS, OwnTables
from tests.servers.readers import reader_of


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def init() -> Result:
    return CliRunner().invoke(reconcilery, ["init"], prog_name="reconcilery")


def has(url: str, tables: OwnTables) -> bool:
    engine = connect(url)
    found = inspect(engine).has_table(tables.version_table)
    engine.dispose()
    return found


def test_one_database_holds_both_sets(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", database_url)
    first, second = init(), init()
    changes = [f"Applied {revision}" for tables in (LEDGER, REPAIRS) for revision in tables.revisions]
    assert [line.split(":")[0] for line in first.stdout.splitlines()][: len(changes)] == changes
    assert first.stdout.splitlines()[len(changes) :] == second.stdout.splitlines()
    assert second.stdout.startswith("The own tables in ")
    assert (first.exit_code, second.exit_code, first.stderr, second.stderr) == (0, 0, "", "")
    assert has(database_url, LEDGER)
    assert has(database_url, REPAIRS)


def test_the_tables_of_repairs_go_to_the_application(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", database_url)
    monkeypatch.setenv("RECONCILERY_STORE_URL", store)
    done = init()
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split(" in ")[0] for line in done.stdout.splitlines()[-2:]] == ["The own tables", "The repair tables"]
    assert (has(store, LEDGER), has(store, REPAIRS)) == (True, False)
    assert (has(database_url, LEDGER), has(database_url, REPAIRS)) == (False, True)


def test_without_leave_to_make_tables_there_checks_still_get_theirs(
    readers_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", readers_url)
    monkeypatch.setenv("RECONCILERY_STORE_URL", store)
    done = init()
    assert done.exit_code == 0
    assert done.stdout.splitlines()[len(LEDGER.revisions) :] == [f"The own tables in {store} are up to date"]
    (told,) = done.stderr.splitlines()
    assert told.startswith("Note: the repair tables could not be made (database ")
    assert "nothing can be repaired" in told
    assert "open-sesame" not in told
    assert has(store, LEDGER)


def test_where_both_belong_together_a_refusal_is_an_error(readers_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", readers_url)
    done = init()
    assert (done.exit_code, done.stdout) == (1, "")
    (told,) = done.stderr.splitlines()
    assert "refused a statement" in told


@pytest.mark.parametrize("fixture", ["postgres_url", "mariadb_url"])
def test_the_rights_that_are_documented_are_enough(
    request: pytest.FixtureRequest, fixture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reader_of(request.getfixturevalue(fixture), os.getpid(), makes_tables=True) as url:
        monkeypatch.setenv("RECONCILERY_DATABASE_URL", url)
        done = init()
        assert (done.exit_code, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) == len(LEDGER.revisions) + len(REPAIRS.revisions) + 1


def test_an_application_that_is_down_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILERY_DATABASE_URL", "postgresql+psycopg://u:hunter2@127.0.0.1:1/x")
    monkeypatch.setenv("RECONCILERY_STORE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    done = init()
    assert done.exit_code == 1
    assert "is not available" in done.stderr
