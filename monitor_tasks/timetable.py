"""What beat starts and when, as people read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from consistency.durations import duration_text
from consistency.ledger.runs import Run
from consistency.model import CheckType
from monitor_tasks.celery import app

_CHECKS = {f"monitor_tasks.{kind}_check": kind for kind in CheckType}


@dataclass(frozen=True)
class Entry:
    """One line of the schedule; `every` is None where a calendar decides, and `check` where it starts no check."""

    name: str
    task: str
    when: str
    check: CheckType | None
    every: timedelta | None
    schedule: Any

    def turn_after(self, moment: datetime) -> datetime:
        """When its first turn after `moment` is, if it had a turn at `moment`; both aware UTC."""
        if self.every is not None:
            return moment + self.every
        begin, ahead, _ = self.schedule.remaining_delta(moment)
        turn: datetime = begin + ahead
        return turn.astimezone(UTC)

    def next_turn(self, now: datetime, last: datetime | None) -> datetime | None:
        """Its next turn; None where that depends on a turn that nobody has noted."""
        if self.every is None:
            return self.turn_after(now)
        return max(now, last + self.every) if last else None

    def lag(self, now: datetime, last: datetime | None) -> timedelta | None:
        """How long a turn after the last one is overdue; None if there never was one."""
        return max(timedelta(0), now - self.turn_after(last)) if last else None


def timetable() -> list[Entry]:
    """The entries of beat_schedule, in their order."""
    return [_entry(name, settings) for name, settings in app.conf.beat_schedule.items()]


def _entry(name: str, settings: dict[str, Any]) -> Entry:
    schedule, task = settings["schedule"], settings["task"]
    every: timedelta | None = getattr(schedule, "run_every", None)
    return Entry(name, task, _when(schedule, every), _CHECKS.get(task), every, schedule)


def _when(schedule: Any, every: timedelta | None) -> str:
    if every is not None:
        return f"every {duration_text(every)}"
    # A calendar's text is `<crontab: 0 2 * * * (m/h/dM/MY/d)>`.
    return f"cron {str(schedule).removeprefix('<crontab: ').partition(' (')[0]}"


def latest_turn(runs: Iterable[Run]) -> datetime | None:
    """When the last of the runs was started."""
    return max((run.created_at for run in runs), default=None)
