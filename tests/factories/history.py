"""An application that goes on working: rows arrive, outputs come late, gaps are repaired, time passes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import update

from tests.factories.application import Application
from tests.factories.oracle import Spec
from tests.factories.rows import Output, Task, World

MINUTE = timedelta(minutes=1)


@dataclass
class History:
    """Every step is committed to the application and kept in memory; `commits` lets a replica follow later."""

    application: Application
    random: Random
    now: datetime
    longest_transaction: timedelta
    spec: Spec = field(default_factory=Spec)
    world: World = field(default_factory=World)
    outputs_made: int = 0
    commits: list[tuple[datetime, list[Task], list[Output]]] = field(default_factory=list)

    def pass_time(self, most: timedelta = 20 * MINUTE) -> None:
        """Some minutes in which tasks end, most of them with outputs."""
        before, self.now = self.now, self.now + most * self.random.random()
        tasks: list[Task] = []
        outputs: list[Output] = []
        for _ in range(self.random.choice((0, 1, 3, 12))):
            late_commit = self.longest_transaction * self.random.random() * self.random.choice((0, 0, 0.99))
            done = before + (self.now - before) * self.random.random() - late_commit
            tasks.append(self._task(len(self.world.tasks) + len(tasks), done))
            if self.random.random() < 0.7:
                outputs += [self._output(tasks[-1].id, done) for _ in range(self.random.choice((1, 1, 2)))]
        for _ in range(self.random.choice((0, 0, 1))):
            outputs.append(self._output(self.random.choice((None, -5)), self.now - MINUTE / 2))
        self._commit(tasks, outputs)

    def repair(self) -> None:
        """Some gaps, of any age, get their outputs."""
        owners = {output.task_id for output in self.world.outputs}
        lacking = [task for task in self.world.tasks if task.id not in owners]
        chosen = self.random.sample(lacking, min(len(lacking), self.random.choice((0, 0, 1, 3))))
        self._commit([], [self._output(task.id, self.now) for task in chosen])

    def withdraw(self) -> None:
        """A task that lacks its output is deleted, or turns out not to have succeeded."""
        owners = {output.task_id for output in self.world.outputs}
        lacking = [task for task in self.world.tasks if task.id not in owners and task.deleted_at is None]
        if not lacking:
            return
        task = self.random.choice(lacking)
        if self.random.random() < 0.5:
            task.deleted_at = self.now
        else:
            task.state = "FAILED"
        parent = self.application.parent
        changed = {name: self.application.stored(task)[name] for name in ("deleted_at", "state")}
        with self.application.engine.begin() as connection:
            connection.execute(update(parent).where(parent.c.id == task.id).values(changed))

    def _task(self, number: int, done: datetime) -> Task:
        task = Task(number, self.random.choice(("SUCCESS", "SUCCESS", "SUCCESS", "FAILED")), done, done, done)
        if self.random.random() < 0.2:
            task.completed_at = None
        return task

    def _output(self, owner: int | None, at: datetime) -> Output:
        self.outputs_made += 1
        return Output(
            self.outputs_made, owner, at + MINUTE * self.random.choice((0, 0.01, 0.02)), self.random.choice(("a", "b"))
        )

    def _commit(self, tasks: list[Task], outputs: list[Output]) -> None:
        self.world.tasks += tasks
        self.world.outputs += outputs
        self.commits.append((self.now, tasks, outputs))
        self.application.add(tasks, outputs)
