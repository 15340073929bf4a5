"""The story of the demo: outputs get lost, and the checks find each of them. Every step is held against the truth."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from rich.console import Console

from cli.up.demo import Demo
from cli.up.run import Running
from consistency.errors import CheckFailed
from consistency.model import parse_utc

_GRACE = timedelta(seconds=5)
_PATIENCE_SECONDS = 90
_ENOUGH_LOST = 15
_T = TypeVar("_T")
_COMMAND = (sys.executable, "-c", "from cli.main import main; main()")


@dataclass
class Story:
    """Tells and verifies; `__call__` returns 0 only if every step held."""

    demo: Demo
    console: Console = field(default_factory=Console)

    def __call__(self, running: Running) -> int:
        self.running = running
        self._say(
            "A small image studio has been finishing tasks and saving their outputs for four weeks.",
            "Worker, beat and Flower are running; Reconcilery watches the studio's database.",
        )
        healthy = self._until("the first check is healthy", self._healthy)
        self._step("All is well", f"reconcilery check quick → {healthy['verdict']}")
        self._until("version 2 loses outputs", lambda: len(self._lost()) >= _ENOUGH_LOST)
        self._step("A deployment breaks the saving", "version 2 of the studio is out; nobody notices anything")
        report = self._until("the check finds what is lost", self._found)
        self._step("Found", f"reconcilery check quick → {report['verdict']}")
        self._name_the_missing()
        self._compare()
        self._look_back()
        self._say("Every lost output was found, and no other task was accused.", *self._where_to_look())
        return 0

    def _healthy(self) -> dict[str, Any] | None:
        report = self._reconcilery("check", "quick", "--json")
        return report if report["health"] == "healthy" and report["coverage"] == 1.0 else None

    def _found(self) -> dict[str, Any] | None:
        report = self._reconcilery("check", "quick", "--json")
        missing = report["counts"]["missing"]
        if missing < _ENOUGH_LOST:
            return None
        truth = len(self._lost(until=parse_utc(report["as_of"]) - _GRACE))
        self._hold(missing == truth, f"the check counted {missing} missing outputs, but {truth} were lost")
        return report

    def _name_the_missing(self) -> None:
        listed = self._reconcilery("missing", "--start-date", "now-1h", "--json")
        found = {str(row["id"]) for row in listed["missing"]}
        self._hold(found <= self._lost().keys(), "a task was accused whose output is there")
        first = ", ".join(sorted(found, key=int)[:8])
        self._step("Named", f"reconcilery missing → {len(found)} tasks: {first}, …")

    def _compare(self) -> None:
        deployed = min(self._lost().values()) - timedelta(seconds=1)
        window = ("--start-date", "now-24h", "--compare-at", deployed.isoformat())
        report = self._reconcilery("check", "range", *window, "--json")
        self._hold(report["coverage"] == 1.0, "the comparison does not cover its window")
        self._step("Compared before and after", report["comparison"]["sentence"])

    def _look_back(self) -> None:
        report = self._reconcilery("check", "deep", "--json")
        self._hold(report["coverage"] == 1.0, "the deep check does not cover its window")
        days, measured = len(report["trend"]["daily"]), report["counts"]["tasks"]
        self._step("The last 14 days", f"reconcilery check deep → {measured} tasks of {days} days; {report['verdict']}")

    def _lost(self, until: datetime | None = None) -> dict[str, datetime]:
        """What the application confesses: task id -> finish time."""
        lines = self.demo.confession.read_text().splitlines() if self.demo.confession.exists() else []
        lost = {line.split(" ")[0]: datetime.fromisoformat(line.split(" ", 1)[1]).replace(tzinfo=UTC) for line in lines}
        return {task: done for task, done in lost.items() if until is None or done < until}

    def _reconcilery(self, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(  # noqa: S603 - the command line is ours
            [*_COMMAND, *arguments], env=self.running.environment, capture_output=True, text=True, check=False
        )
        self._hold(done.returncode in {0, 3}, f"reconcilery {' '.join(arguments)}: {done.stderr.strip()}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def _until(self, what: str, attempt: Callable[[], _T | None]) -> _T:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and not self.running.stopping.is_set():
            if result := attempt():
                return result
            self.running.stopping.wait(1)
        raise CheckFailed(f"the story ends here: it did not come true that {what}")

    def _hold(self, held: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence
        if not held:
            raise CheckFailed(f"the story does not hold: {otherwise}")

    def _step(self, title: str, text: str) -> None:
        self.console.print(f"\n[bold]{datetime.now().astimezone():%H:%M:%S}  {title}[/bold]")
        self.console.print(f"          {text}", highlight=False, soft_wrap=True)

    def _say(self, *lines: str) -> None:
        self.console.print()
        for line in lines:
            self.console.print(line, highlight=False, soft_wrap=True)

    def _where_to_look(self) -> list[str]:
        urls = self.running.urls
        return [
            f"Every run with its verdict: {urls.get('flower', 'Flower is not running')}/tasks",
            f"Every report, one a line:   {self._log_dir()}/monitoring_results/",
            "Your own tables:            docs/howto/map-your-tables.md",
        ]

    def _log_dir(self) -> str:
        return self.running.environment.get("RECONCILERY_LOG_DIR", "logs")
