"""The rights that docs/howto/run-in-production.md names for repairs are enough; without one, nothing is begun."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Engine, make_url

from compensation import control
from compensation.engine import work
from compensation.states import RunState
from compensation.undo import rolling_back
from consistency.database import connect
from consistency.errors import DatabaseError
from consistency.ledger.own_tables import REPAIRS
from consistency.resources import Resources
from tests.factories.studio import Studio, lost_tasks, studio_of
from tests.servers.readers import account_with

OWN = "SELECT, INSERT, UPDATE, DELETE"
RIGHTS = {
    "postgresql": {"tasks": "SELECT, UPDATE", "task_outputs": "SELECT, INSERT, UPDATE, DELETE"},
    # MariaDB locks a row for whoever may read it.
    "mysql": {"tasks": "SELECT", "task_outputs": "SELECT, INSERT, DELETE"},
}
KINDS = ["postgres", "mariadb"]


@pytest.fixture(params=KINDS)
def admin(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.getfixturevalue(request.param)
    return engine


def kind_of(engine: Engine) -> str:
    return make_url(engine.url).get_backend_name()


def grants(kind: str, application: Mapping[str, str]) -> Iterator[str]:
    """The statements that give an account rights on the application's tables, and on those of repairs."""
    of_repairs = dict.fromkeys([*REPAIRS.metadata.tables, REPAIRS.version_table], OWN)
    for table, rights in {**of_repairs, **application}.items():
        place = table if kind == "postgresql" else f"{{database}}.{table}"
        yield f"GRANT {rights} ON {place} TO {{name}}"
    if kind == "postgresql":
        yield "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"


@contextmanager
def limited(studio: Studio, application: Mapping[str, str]) -> Iterator[Studio]:
    """The same studio, as an account with only these rights on the application's tables sees it."""
    admin = studio.resources.primary
    url = admin.url.render_as_string(hide_password=False)
    with account_with(url, os.getpid(), list(grants(kind_of(admin), application))) as account:
        engine = connect(account)
        try:
            yield replace(studio, resources=Resources(studio.resources.settings, engine, engine, engine))
        finally:
            engine.dispose()


def test_the_rights_that_are_documented_are_enough(admin: Engine) -> None:
    studio = studio_of(admin, lost_tasks(4))
    with limited(studio, RIGHTS[kind_of(admin)]) as account:
        plan = account.plan()
        control.start(account.resources, plan.id, "ann", approved=False)
        run, _ = work(account.bench(), plan.id)
        assert run.state is RunState.SUCCEEDED
        assert len(studio.rows()) == 4
        rolling_back.begin(account.resources, run.id, "ann")
        run = rolling_back.roll_back(account.resources, account.resources.rule("task-outputs"), run.id)
        assert (run.state, studio.rows()) == (RunState.ROLLED_BACK, [])


LACKING = [
    # database, table, right that is not given
    ("postgres", "tasks", "SELECT"),
    ("postgres", "tasks", "UPDATE"),
    ("postgres", "task_outputs", "SELECT"),
    ("postgres", "task_outputs", "INSERT"),
    ("postgres", "task_outputs", "DELETE"),
    ("postgres", "task_outputs", "UPDATE"),
    ("mariadb", "tasks", "SELECT"),
    ("mariadb", "task_outputs", "SELECT"),
    ("mariadb", "task_outputs", "INSERT"),
    ("mariadb", "task_outputs", "DELETE"),
]


@pytest.mark.parametrize(("fixture", "table", "right"), LACKING)
def test_without_one_of_them_the_plan_is_refused(
    request: pytest.FixtureRequest, fixture: str, table: str, right: str
) -> None:
    admin: Engine = request.getfixturevalue(fixture)
    studio, rights = studio_of(admin, lost_tasks(2)), RIGHTS[kind_of(admin)]
    left = ", ".join(each for each in rights[table].split(", ") if each != right) or "REFERENCES"
    with limited(studio, {**rights, table: left}) as account, pytest.raises(DatabaseError):
        account.plan()
    assert studio.rows() == []
