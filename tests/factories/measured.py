"""An application that is checked in this process, and the HTTP API over what the checks have found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, update

from consistency.database import database_now, transaction
from consistency.ledger.runs import Run
from consistency.ledger.tables import check_runs
from consistency.model import CheckType
from consistency.resources import Resources, open_resources
from consistency.settings import Settings
from monitor_tasks import checks
from tests.factories.default_app import AppTask, make_application
from tests.factories.front_door import NOBODY
from tests.factories.own_tables import make_own_tables
from tests.servers.api import Api, answering

BASE = "/api/monitoring"
CONSISTENCY = f"{BASE}/data-consistency"


@dataclass(frozen=True)
class Measured:
    """The API, and what lies behind it."""

    api: Api
    resources: Resources

    def check(self, kind: CheckType = CheckType.QUICK, rule: str = "task-outputs") -> Run:
        """A check from its beginning to its report."""
        run, _ = checks.start(self.resources, kind, rule)
        return checks.work(self.resources, run.id)

    def grow_older(self, run: Run, by: timedelta) -> None:
        """As if it had been made so much earlier."""
        assert run.closed_at is not None
        moments = {"created_at": run.created_at - by, "closed_at": run.closed_at - by}
        with transaction(self.resources.store) as connection:
            connection.execute(update(check_runs).where(check_runs.c.id == run.id).values(moments))

    def now(self) -> datetime:
        with transaction(self.resources.store) as connection:
            return database_now(connection)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON at a path below the API's own."""
        answer = self.api.get(BASE + path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, name: str, **parameters: Any) -> list[list[dict[str, Any]]]:
        """Every page of a list, as the links lead from one to the next."""
        found, address = [], f"{BASE}{path}"
        answer = self.api.get(address, params=parameters)
        while True:
            assert answer.status_code == 200, answer.text
            content = answer.json()
            found.append(content[name])
            following = answer.links.get("next", {}).get("url")
            assert (following is not None) == (content["next"] is not None)
            if following is None:
                return found
            answer = self.api.get(following)


def recent_tasks(number: int, every: int = 4) -> list[AppTask]:
    """Tasks of the last hour; of so many the last one lacks its output, and the newest is the first."""
    now = datetime.now(UTC)
    moments = [now - timedelta(minutes=12, seconds=20 * each) for each in range(number)]
    return [AppTask(each, done, each % every > 0, workflow=f"w{each % 2}") for each, done in enumerate(moments, 1)]


@contextmanager
def measured(database_url: str, redis_url: str = NOBODY, number: int = 40, **settings: Any) -> Iterator[Measured]:
    """So many tasks, of which a quarter lacks the output; nothing has been checked yet."""
    make_application(database_url, recent_tasks(number))
    chosen = Settings.model_validate(
        {
            "database_url": database_url,
            "redis_url": redis_url,
            "api_rate": 0,
            **settings,
        }
    )
    resources = open_resources(chosen)
    make_own_tables(resources.store)
    with answering(chosen) as api:
        yield Measured(api, resources)
    resources.dispose()


def statements_on(engine: Engine) -> list[str]:
    """Every statement that the engine is given from now on."""
    heard: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
    return heard
