"""Repairs on the command line with real workers, signals and a terminal."""

import json
import os
import pty
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from compensation import control
from compensation.runs import Run, latest_runs
from consistency.database import connect, transaction
from consistency.ledger.repair_events import RepairEvent, events_of
from tests.acceptance.command_line import PROGRAM, Ended, Place, ended, working
from tests.acceptance.launching import ROOT, eventually
from tests.factories.default_app import tasks
from tests.factories.desk import settings_of
from tests.factories.studio import Studio, lost_tasks, studio_of

LOST = 40
#: Calls a second, so that a repair of all takes some seconds.
SLOW = {"RECONCILERY_PROVIDER_RATE": "6"}


class Shop:
    """A place with an application that has lost outputs, and a provider that still has them."""

    def __init__(self, place: Place, studio: Studio) -> None:
        self.place, self.studio = place, studio

    def newest(self) -> Run | None:
        with transaction(self.studio.resources.reader) as connection:
            return next(iter(latest_runs(connection, 1)), None)

    def until(self, state: str) -> Run:
        """The newest run, when it is in that state."""

        def found() -> Run | None:
            run = self.newest()
            return run if run is not None and run.state == state else None

        return eventually(found)  # type: ignore[return-value]  # never None

    def until_some_are_written(self) -> Run:
        eventually(lambda: bool(self.studio.journal()))
        return self.until("running")

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Nobody can write an output of the last task, so that no repair ends."""
        with self.studio.resources.primary.begin() as connection:
            connection.execute(select(tasks.c.id).where(tasks.c.id == LOST).with_for_update())
            yield

    def history(self, run: Run) -> list[RepairEvent]:
        with transaction(self.studio.resources.reader) as connection:
            return events_of(connection, run.id)

    def written(self) -> list[int]:
        return sorted(row.task_id for row in self.studio.rows())


@pytest.fixture
def unserved(postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The shop with a Redis that no worker listens to."""
    folder = tmp_path / "provider"
    folder.mkdir()
    for each in range(1, LOST + 1):
        (folder / f"p-{each}.json").write_text(
            json.dumps([{"nodeId": "9", "fileUrl": f"https://files.example/{each}"}])
        )
    settings = {
        **settings_of(postgres_url, folder),
        "RECONCILERY_REDIS_URL": redis_url,
        # What a plan has asked for would be written without asking again.
        "RECONCILERY_REPAIR_PREVIEW": "0",
    }
    engine = connect(postgres_url)
    yield Shop(Place(tmp_path, settings), studio_of(engine, lost_tasks(LOST)))
    engine.dispose()


@pytest.fixture
def served(unserved: Shop) -> Iterator[Shop]:
    """The shop with a worker."""
    with working(unserved.place):
        yield unserved


def interrupted(process: subprocess.Popen[str]) -> Ended:
    os.killpg(process.pid, signal.SIGINT)
    return ended(process)


def test_the_workers_repair_and_take_back_what_the_command_line_asks_for(served: Shop) -> None:
    plan = served.place.run("repair", "plan", "--json").json
    assert (plan["counts"], len(plan["plan"])) == ({"pending": LOST}, LOST)
    done = served.place.run("repair", "apply", plan["run_id"], "--json")
    assert done.code == 0, done.err
    assert (done.json["run_id"], done.json["state"]) == (plan["run_id"], "succeeded")
    assert done.err == f"Run {plan['run_id']}: {LOST} tasks to be repaired.\n"
    assert served.written() == list(range(1, LOST + 1))
    undone = served.place.run("repair", "rollback", plan["run_id"], "--json")
    assert undone.code == 0, undone.err
    assert (undone.json["state"], undone.json["deleted"], undone.err) == ("rolled_back", LOST, "")
    assert served.written() == []


def test_what_is_not_waited_for_is_found_in_its_status(served: Shop) -> None:
    with served.held_up():
        started = served.place.run("compensate", "--no-wait", "--json")
        assert (started.code, started.json["state"]) == (0, "running")
        late = served.place.run("repair", "apply", started.json["run_id"], "--wait", "0")
    assert (late.code, late.out) == (1, "")
    assert f"run {started.json['run_id']} has not ended yet; it goes on" in late.err
    served.until("succeeded")
    assert served.place.run("repair", "status", "--json").json["counts"] == {"done": LOST}


def test_control_c_leaves_a_run_to_the_workers_and_it_can_be_joined(served: Shop) -> None:
    with served.held_up():
        process = served.place.start(*PROGRAM, "compensate")
        run = served.until_some_are_written()
        done = interrupted(process)
        joining = served.place.start(*PROGRAM, "compensate", "--json")
        assert joining.stderr is not None
        assert joining.stderr.readline() == f"Note: joined run {run.id}, which is running.\n"
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[1:] == [
        "The workers go on; see how far they are with:",
        f"→ reconcilery repair status {run.id}",
        "Interrupted",
    ]
    joined = ended(joining)
    assert (joined.code, joined.json["run_id"], joined.json["state"]) == (0, run.id, "succeeded")
    assert served.written() == list(range(1, LOST + 1))


def test_a_run_that_somebody_pauses_is_told_to_who_watches_it(unserved: Shop) -> None:
    slow = Shop(unserved.place.changed(**SLOW), unserved.studio)
    with working(slow.place):
        process = slow.place.start(*PROGRAM, "compensate")
        run = slow.until_some_are_written()
        control.pause(slow.studio.resources, run.id, "bob", "lunch")
        done = ended(process)
        assert slow.place.run("repair", "resume", run.id).code == 0
    assert (done.code, done.out.splitlines()[0]) == (1, f"⚠ paused  run {run.id}")
    assert done.err.splitlines()[-1] == (
        f"Error: run {run.id} is paused: lunch; go on with: reconcilery repair resume {run.id}"
    )
    assert slow.written() == list(range(1, LOST + 1))


def test_without_a_worker_nothing_is_started_and_the_plan_stays(unserved: Shop) -> None:
    done = unserved.place.run("compensate")
    run = unserved.until("planned")
    assert (done.code, done.out, run.started_at) == (69, "", None)
    assert done.err.splitlines()[-1] == (
        "Error: no worker answered and nothing was started; start one with: celery -A monitor_tasks worker"
        f" (or use --local); the plan stays: reconcilery repair apply {run.id}"
    )
    assert unserved.written() == []


def test_without_a_worker_nothing_is_resumed_or_rolled_back(unserved: Shop) -> None:
    process = unserved.place.changed(**SLOW).start(*PROGRAM, "compensate", "--local")
    run = unserved.until_some_are_written()
    interrupted(process)
    for command in ("resume", "rollback"):
        done = unserved.place.run("repair", command, run.id)
        assert (done.code, done.out) == (69, "")
        assert f"run {run.id} stays paused" in done.err
    assert [event.type for event in unserved.history(run)] == ["planned", "started", "paused"]


def test_control_c_pauses_a_local_run_which_is_then_gone_on_with(unserved: Shop) -> None:
    process = unserved.place.changed(**SLOW).start(*PROGRAM, "compensate", "--local")
    run = unserved.until_some_are_written()
    done = interrupted(process)
    assert (done.code, done.out) == (130, "")
    resume = f"→ reconcilery repair resume {run.id} --local"
    assert done.err.splitlines()[1:] == ["The run is paused; go on with:", resume, "Interrupted"]
    reason = unserved.until("paused").reason
    assert reason is not None
    assert reason.startswith("interrupted by ")
    assert 0 < len(unserved.written()) < LOST
    assert unserved.place.run(*resume.removeprefix("→ reconcilery ").split(), "--json").json["state"] == "succeeded"
    assert unserved.written() == list(range(1, LOST + 1))


def test_a_local_run_that_was_killed_is_gone_on_with(unserved: Shop) -> None:
    short = unserved.place.changed(RECONCILERY_STATEMENT_TIMEOUT="2s", RECONCILERY_LEASE="3s")
    process = short.changed(**SLOW).start(*PROGRAM, "compensate", "--local")
    run = unserved.until_some_are_written()
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    done = short.run("repair", "apply", run.id, "--local", "--json")
    assert (done.code, done.json["state"]) == (0, "succeeded")
    assert unserved.written() == list(range(1, LOST + 1))


def test_a_plan_that_was_interrupted_is_cancelled(unserved: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/{{id}}"
        patient = {"RECONCILERY_PROVIDER": url, "RECONCILERY_PROVIDER_TIMEOUT": "10s"}
        waiting = unserved.place.changed(RECONCILERY_REPAIR_PREVIEW="100", **patient)
        process = waiting.start(*PROGRAM, "repair", "plan")
        eventually(lambda: bool(unserved.studio.items(unserved.until("planning").id)))
        done = interrupted(process)
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-2:] == [
        "The plan was not finished and is cancelled; nothing has been written.",
        "Interrupted",
    ]
    assert unserved.until("cancelled")


def test_a_person_at_a_terminal_sees_how_far_it_is(unserved: Shop) -> None:
    reader, writer = pty.openpty()
    with os.fdopen(reader, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            (*PROGRAM, "compensate", "--local", "--json"),
            cwd=unserved.place.folder,
            env={
                **os.environ,
                **unserved.place.settings,
                **SLOW,
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm",
                "COLUMNS": "120",
            },
            stdout=subprocess.PIPE,
            stderr=writer,
        )
        os.close(writer)
        shown = b"".join(_lines(terminal)).decode()
        out, _ = process.communicate()
    assert "planning" in shown
    assert f"/{LOST}" in shown
    assert "/min" in shown
    assert json.loads(out)["state"] == "succeeded"


def _lines(terminal: Any) -> Iterator[bytes]:
    # The end of a terminal is an error of its own.
    with suppress(OSError):
        while piece := terminal.read(4096):
            yield piece


def test_what_needs_no_worker_starts_no_celery(unserved: Shop) -> None:
    commands = [["repair", "plan", "--local"], ["repair", "status"], ["compensate", "--local"], ["repair", "list"]]
    question = (
        "import sys; from cli.main import reconcilery;"
        f"print([reconcilery(each, standalone_mode=False) for each in {commands}], file=sys.stderr);"
        "print(sorted({'celery', 'kombu'} & set(sys.modules)), file=sys.stderr)"
    )
    done = ended(unserved.place.start(PROGRAM[0], "-c", question))
    assert done.err.splitlines()[-2:] == ["[None, None, 0, None]", "[]"]
