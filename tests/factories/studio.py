"""An application that has lost outputs, and a provider that still has them, in this process."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from compensation.bench import Bench
from compensation.plans.opening import RepairOrder, open_repair
from compensation.plans.planning import make_plan
from compensation.provider import Answer, Kind, Output
from compensation.runs import Run
from compensation.supply import Supply
from consistency.ledger.repair_tables import repair_items, repair_journal
from consistency.resources import Resources
from consistency.settings import Settings
from tests.factories.default_app import AppTask, make_application, outputs
from tests.factories.own_tables import make_own_tables

DAY_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@dataclass
class Shelf:
    """A provider in memory: what it answers can be changed for each id, and what it was asked is kept."""

    answers: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    outputs_each: int = 1
    name: str = "shelf"
    link_field: str = "fileUrl"
    own_hosts: frozenset[str] = frozenset()

    def fetch(self, provider_task_id: str) -> Answer:
        self.asked.append(provider_task_id)
        answer = self.answers.get(provider_task_id)
        if answer is None:
            return found(provider_task_id, self.outputs_each)
        return answer if isinstance(answer, Answer) else answer()

    def check(self) -> Answer:
        return Answer(Kind.FOUND)

    def close(self) -> None:
        """Nothing to close."""


def found(provider_task_id: str, number: int = 1) -> Answer:
    """An answer with so many outputs."""
    made = [
        Output(f"9#{each}", {"fileUrl": f"https://files.example/{provider_task_id}/{each}.png", "fileType": "png"})
        for each in range(number)
    ]
    return Answer(Kind.FOUND, tuple(made), source="shelf")


def lost_tasks(number: int, kept: int = 0) -> list[AppTask]:
    """Tasks without output, then tasks with theirs; all finished a day ago, a second apart."""
    return [
        AppTask(each + 1, DAY_AGO + timedelta(seconds=each), each >= number, provider_task_id=f"p-{each + 1}")
        for each in range(number + kept)
    ]


@dataclass
class Studio:
    """The application, its provider, and what a repair needs."""

    resources: Resources
    shelf: Shelf

    def bench(self, worker: str = "test") -> Bench:
        supply = Supply(self.shelf, self.resources.settings, None)
        return Bench(self.resources, supply, self.resources.rule("task-outputs"), worker)

    def plan(self, **order: Any) -> Run:
        """A plan over everything that is missing, unless the order says otherwise."""
        # Each day of a window costs some statements, and all that this application has is a day old.
        lately = {} if "task_ids" in order else {"start": (DAY_AGO - timedelta(days=1)).isoformat()}
        asked = RepairOrder(**{"rule_id": "task-outputs", "actor": "ann", **lately, **order})
        run, new = open_repair(self.resources, asked)
        assert new
        return make_plan(self.bench(), run.id, "ann")

    def rows(self) -> list[Any]:
        """The application's outputs."""
        return self.read(select(outputs).order_by(outputs.c.id))

    def journal(self) -> list[Any]:
        return self.read(select(repair_journal).order_by(repair_journal.c.id))

    def items(self, run_id: str) -> list[Any]:
        return self.read(select(repair_items).where(repair_items.c.run_id == run_id).order_by(repair_items.c.id))

    def forget_answers(self, run_id: str) -> None:
        """Let the run ask the provider again for what its plan has shown."""
        forgetting = update(repair_items).where(repair_items.c.run_id == run_id)
        with self.resources.primary.begin() as connection:
            connection.execute(forgetting.values(outputs=None))

    def read(self, statement: Any) -> list[Any]:
        with self.resources.reader.connect() as connection:
            return list(connection.execute(statement))


def studio_of(engine: Engine, rows: Iterable[AppTask], **settings: Any) -> Studio:
    """A studio on the engine's database, with own tables and without waiting for limits."""
    make_application(engine.url.render_as_string(hide_password=False), list(rows))
    make_own_tables(engine)
    chosen = {"provider_rate": 0, "check_links": False, "repair_share": 1.0, **settings}
    return Studio(Resources(Settings(**chosen), engine, engine, engine), Shelf())
