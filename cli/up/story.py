"""The story of the demo: outputs get lost, are found, and come back. Every step is held against the truth."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rich.console import Console

from cli.up.demo import ENOUGH_LOST, Demo
from cli.up.narrator import Narrator
from cli.up.repair_story import tell_repair
from cli.up.run import Running
from cli.up.telling_story import tell_incident
from cli.up.your_turn import leave_an_incident
from consistency.model import parse_utc

_GRACE = timedelta(seconds=5)
#: Of all tasks that version 2 finishes.
_LOST_SHARE = 0.45


@dataclass
class Story:
    """Tells and verifies; `__call__` returns 0 only if every step held. `goes_on` leaves the reader something to do."""

    demo: Demo
    goes_on: bool = False
    console: Console = field(default_factory=Console)

    def __call__(self, running: Running) -> int:
        narrator = self.narrator = Narrator(running, self.console)
        narrator.say(
            "A small image studio has been finishing tasks and saving their outputs for four weeks.",
            "Worker, beat, page and Flower are running; Reconcilery watches the studio's database.",
        )
        healthy = narrator.until("the first check is healthy", self._healthy)
        narrator.step("All is well", f"reconcilery check quick → {healthy['verdict']}")
        self.demo.deploy(loses=self.demo.to_lose, share=_LOST_SHARE)
        narrator.until("version 2 loses outputs", lambda: len(self.demo.lost()) >= ENOUGH_LOST)
        narrator.step("A deployment breaks the saving", "version 2 of the studio is out; nobody notices anything")
        report = narrator.until("the check finds what is lost", self._found)
        narrator.step("Found", f"reconcilery check quick → {report['verdict']}")
        tell_incident(narrator, self.demo)
        self._name_the_missing()
        self._compare()
        self._look_back()
        run_id = tell_repair(narrator, self.demo)
        narrator.say(
            "Every lost output was found and is back, once; no other task was touched.", *self._where_to_look(run_id)
        )
        if self.goes_on:
            leave_an_incident(narrator, self.demo)
        return 0

    def _healthy(self) -> dict[str, Any] | None:
        report = self.narrator.ask("check", "quick")
        return report if report["counts"]["missing"] == 0 and report["coverage"] == 1.0 else None

    def _found(self) -> dict[str, Any] | None:
        report = self.narrator.ask("check", "quick")
        missing = report["counts"]["missing"]
        if missing < ENOUGH_LOST:
            return None
        truth = len(self.demo.lost(until=parse_utc(report["as_of"]) - _GRACE))
        self.narrator.hold(missing == truth, f"the check counted {missing} missing outputs, but {truth} were lost")
        return report

    def _name_the_missing(self) -> None:
        listed = self.narrator.ask("missing", "--start-date", "now-1h")
        found = {str(row["id"]) for row in listed["missing"]}
        self.narrator.hold(found <= self.demo.lost().keys(), "a task was accused whose output is there")
        first = ", ".join(sorted(found, key=int)[:8])
        self.narrator.step("Named", f"reconcilery missing → {len(found)} tasks: {first}, …")

    def _compare(self) -> None:
        deployed = min(self.demo.lost().values()) - timedelta(seconds=1)
        window = ("--start-date", "now-24h", "--compare-at", deployed.isoformat())
        report = self.narrator.ask("check", "range", *window)
        self.narrator.hold(report["coverage"] == 1.0, "the comparison does not cover its window")
        self.narrator.step("Compared before and after", report["comparison"]["sentence"])

    def _look_back(self) -> None:
        report = self.narrator.ask("check", "deep")
        self.narrator.hold(report["coverage"] == 1.0, "the deep check does not cover its window")
        days, measured = len(report["trend"]["daily"]), report["counts"]["tasks"]
        found = f"reconcilery check deep → {measured} tasks of {days} days; {report['verdict']}"
        self.narrator.step("The last 14 days", found)

    def _where_to_look(self, run_id: str) -> list[str]:
        running = self.narrator.running
        folder = running.environment.get("RECONCILERY_LOG_DIR", "logs")
        return [
            f"How things stand:           {running.urls.get('api', 'the page is not running')}",
            f"Every run with its verdict: {running.urls.get('flower', 'Flower is not running')}/tasks",
            f"Every report, one a line:   {folder}/monitoring_results/",
            f"Every message:              reconcilery notify list, and {self.demo.inbox.file}",
            f"Every repaired task:        {folder}/repairs/{run_id}.jsonl",
            "Lose more and repair it:    docs/howto/repair.md",
            "Your own tables:            docs/howto/map-your-tables.md",
        ]
