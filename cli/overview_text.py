"""The words of `status` and `schedule show`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.views.times import local_text, seconds_text
from cli.overview_alerts import alert_lines
from cli.terminal import columns, health_mark, printable
from consistency.model import parse_utc

Rows = list[list[str]]
TOLERATED_LAG_SECONDS = 60.0


def status_lines(status: dict[str, Any], zone: ZoneInfo, *, colours: bool) -> list[str]:
    """One screen: the verdict, the latest checks, what fires, the schedule, what runs, who lives."""
    lines = [health_mark(status["health"], colours=colours), *check_lines(status["checks"], colours=colours)]
    lines += alert_lines(status["alerts"], status["channels"], parse_utc(status["as_of"]))
    lines += ["", "schedule", *columns(list(_turns(status["schedule"], zone, utc=False)), "  ")]
    if status["running"]:
        lines += ["", "running", *columns([_running(run, zone) for run in status["running"]], "  ")]
    lives = [_life(*pair) for pair in status["processes"].items()]
    if not status["redis_answers"]:
        lives.append(["redis", "does not answer, so only the processes of this machine are known"])
    return [*lines, "", "processes", *columns(lives, "  ")]


def check_lines(checks: Sequence[dict[str, Any]], *, colours: bool) -> list[str]:
    """One line a rule and kind of check."""
    if not checks:
        return ["  no check has ended yet", "→ reconcilery check quick"]
    marks = [health_mark(check["health"], colours=colours) for check in checks]
    rows = [[printable(check["rule"]), check["type"], _age(check), _verdict(check)] for check in checks]
    return [f"  {mark.split()[0]} {line}" for mark, line in zip(marks, columns(rows), strict=True)]


def _age(check: dict[str, Any]) -> str:
    return f"{seconds_text(check['age_seconds'])} ago" + (" (stale)" if check["stale"] else "")


def _verdict(check: dict[str, Any]) -> str:
    return printable(check["report"]["verdict"])


def schedule_lines(entries: Sequence[dict[str, Any]], zone: ZoneInfo) -> list[str]:
    """One line an entry and rule, under a header."""
    return columns(list(_turns(entries, zone, utc=zone.key != "UTC")))


def _turns(entries: Sequence[dict[str, Any]], zone: ZoneInfo, *, utc: bool) -> Iterator[list[str]]:
    yield ["entry", "when", "next", *(["next in UTC"] if utc else []), "last", "lag", "verdict"]
    for entry in entries:
        upcoming = parse_utc(entry["next"]) if entry["next"] else None
        nexts = [_moment(upcoming, zone), *([_moment(upcoming, ZoneInfo("UTC"))] if utc else [])]
        for last in entry["last"] or [None]:
            yield [entry["name"], entry["when"], *nexts, *_last(last, zone)]


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return local_text(moment, zone) if moment else "-"


def _last(last: dict[str, Any] | None, zone: ZoneInfo) -> list[str]:
    if last is None:
        return ["-", "-", "-"]
    lag = last["lag_seconds"]
    late = seconds_text(lag) if lag is not None and lag > TOLERATED_LAG_SECONDS else "none"
    verdict = f"{last['rule']}: {last['verdict'] or last['state']}"
    return [local_text(parse_utc(last["at"]), zone), late, printable(verdict)]


def _running(run: dict[str, Any], zone: ZoneInfo) -> list[str]:
    since = local_text(parse_utc(run["since"]), zone)
    done = f"{run['parts_done']} of {run['parts']} parts"
    return [printable(run["rule"]), run["type"], done, f"since {since}", run["check_id"]]


def _life(name: str, life: dict[str, Any]) -> list[str]:
    if life["age_seconds"] is None:
        return [name, "has never given a sign of life"]
    seen = f"last sign of life {seconds_text(life['age_seconds'])} ago"
    silent = [printable(each["name"]) for each in life["known"] if not each["alive"]]
    if not life["alive"]:
        return [name, f"not running? {seen}"]
    return [name, f"{seen}; silent: {', '.join(silent)}" if silent else seen]
