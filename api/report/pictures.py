"""The charts of a report."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from api.charts.completion import Rate, completion_line
from api.charts.database_time import Work, database_bars
from api.charts.frame import Frame
from api.charts.heartbeat import Beat, heartbeat_strip
from api.charts.lateness import Delays, lateness_bars
from api.charts.marks import Mark, MarkKind
from api.charts.svg import Picture
from api.charts.volume import Volume, volume_bars
from api.charts.words import words_of
from api.report.document import Figure
from api.report.words.wording import Wording, rate
from consistency.model import Health, Level, Window, parse_utc
from consistency.rules import wilson_interval
from monitor_tasks.volume import Volume as Judged

Report = dict[str, Any]

_MOST_ALERTS = 6
_SHORT = 8
#: One task more or less is seen differently as the hour of a check is not quite the hour of the clock.
_FEWEST = 2
_ODD = {Judged.LOW, Judged.HIGH}
_UNDONE = {"rolled_back", "rolled_back_partial"}


class Pictures:
    """Draws the charts of one report in one language."""

    def __init__(self, report: Report, wording: Wording) -> None:
        self.report = report
        self.wording = wording
        bounds = report["window"]
        self.window = Window(parse_utc(bounds["start"]), parse_utc(bounds["end"]))

    def heartbeat(self) -> Figure:
        """What each quick check found."""
        beats = [
            Beat(*_ends(row), Health(row["health"]) if row["health"] else None, self._note(row))
            for row in self.report["beats"]
        ]
        frame = self._frame("heartbeat_chart")
        return _figure(heartbeat_strip(beats, frame), frame)

    def completion(self) -> Figure:
        """The rate as the checks saw it and as it was counted since, with what happened."""
        rows = self.report["series"]["rows"]
        half = timedelta(seconds=self.report["series"]["step_seconds"]) / 2
        seen = [Rate(parse_utc(row["start"]) + half, row["seen_rate"]) for row in rows]
        counted = [Rate(parse_utc(row["start"]) + half, row["completion_rate"]) for row in rows]
        told = _with_neighbours([_tells_more(row) for row in rows])
        now = [each if tells else Rate(each.at, None) for each, tells in zip(counted, told, strict=True)]
        frame = self._frame("completion_chart")
        known = [each for each in seen if each.rate is not None]
        return _figure(completion_line(seen if known else [], frame, now=now, marks=self._marks()), frame)

    def volume(self) -> Figure:
        """How many tasks there were, before what is usual."""
        rows = [row for row in self.report["series"]["rows"] if row["hours"]]
        volumes = [
            Volume(*_ends(row), row["tasks"], row["expected"], row["deviation"], _odd(row["volume"])) for row in rows
        ]
        frame = self._frame("volume_chart")
        return _figure(volume_bars(volumes, frame), frame)

    def lateness(self) -> Figure:
        """How long outputs took."""
        ranges = self.report["lateness"]["ranges"]
        delays = [Delays(row["lower"], row["upper"], row["outputs"], row["is_late"]) for row in ranges]
        frame = self._frame("lateness_chart")
        return _figure(lateness_bars(delays, frame), frame)

    def database(self) -> Figure:
        """What the checks cost."""
        works = [Work(*_ends(row), row["seconds"], row["is_slow"]) for row in self.report["database"]["rows"]]
        frame = self._frame("database_chart")
        return _figure(database_bars(works, frame), frame)

    def _frame(self, key: str) -> Frame:
        return Frame(self.wording.say(key), self.window, self.wording.zone, words_of(self.wording.language), key)

    def _note(self, row: Report) -> str:
        if row["lowest_rate"] is None:
            return ""
        return self.wording.say("beat_note", rate=rate(row["lowest_rate"]), missing=row["missing"])

    def _marks(self) -> list[Mark]:
        return [*self._onset(), *self._repairs(), *self._alerts()]

    def _onset(self) -> list[Mark]:
        onset, say = self.report["onset"] or self.report["onset_seen"], self.wording.say
        if not onset:
            return []
        fell = Mark(parse_utc(onset["at"]), MarkKind.ONSET, say("mark_onset", rate=rate(onset["rate_after"])))
        if not onset["until"]:
            return [fell]
        return [fell, Mark(parse_utc(onset["until"]), MarkKind.RECOVERY, say("mark_recovery"))]

    def _repairs(self) -> list[Mark]:
        ended = [run for run in self.report["repairs"] or () if run["finished_at"]]
        return [
            Mark(
                parse_utc(run["finished_at"]),
                MarkKind.ROLLBACK if run["state"] in _UNDONE else MarkKind.REPAIR,
                self.wording.say(
                    "mark_rollback" if run["state"] in _UNDONE else "mark_repair", run=run["run_id"][:_SHORT]
                ),
            )
            for run in ended
        ]

    def _alerts(self) -> list[Mark]:
        """The gravest ones, and who took them on."""
        ranks = {str(level): rank for rank, level in enumerate(Level)}
        fired = [alert for alert in self.report["alerts"] if alert["fired_at"]]
        gravest = sorted(fired, key=lambda alert: -ranks.get(alert["level"], 0))[:_MOST_ALERTS]
        say, known = self.wording.say, self.wording.known
        told = [
            Mark(parse_utc(each["fired_at"]), MarkKind.ALERT, say("mark_alert", level=known("level", each["level"])))
            for each in gravest
        ]
        acked = [each for alert in gravest for each in alert["acknowledged"]]
        return [*told, *(Mark(parse_utc(each["at"]), MarkKind.ACK, say("mark_ack", by=each["by"])) for each in acked)]


def _tells_more(row: Report) -> bool:
    """Whether the hours as counted since say something that the checks did not see at the time."""
    if row["seen_rate"] is None or row["completion_rate"] is None:
        return row["completion_rate"] is not None
    interval = wilson_interval(row["seen_tasks"] - row["seen_missing"], row["seen_tasks"])
    moved = abs(row["seen_missing"] - row["missing"]) >= _FEWEST
    return moved and interval is not None and not interval[0] <= row["completion_rate"] <= interval[1]


def _with_neighbours(told: Sequence[bool]) -> list[bool]:
    """So that a line begins and ends where the other one is."""
    return [any(told[max(0, place - 1) : place + 2]) for place in range(len(told))]


def _figure(drawn: Picture, frame: Frame) -> Figure:
    return Figure(drawn, frame.title, drawn.told)


def _ends(row: Report) -> tuple[Any, Any]:
    return parse_utc(row["start"]), parse_utc(row["end"])


def _odd(volume: str | None) -> str:
    return volume if volume in _ODD else ""
