"""A ledger after fourteen days of checks with one incident, written straight into its tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from consistency.database import transaction
from consistency.histogram import DelayHistogram
from consistency.ledger.alert_tables import alert_changes, alerts
from consistency.ledger.buckets import store_hours
from consistency.ledger.delivery_tables import deliveries
from consistency.ledger.repair_tables import repair_items, repair_runs
from consistency.ledger.tables import check_runs
from consistency.mapping import DEFAULT_RULE, RuleMapping, rule_hash
from consistency.model import Window, parse_utc, utc_text
from consistency.resources import Resources
from consistency.settings import Settings
from consistency.stretches import HOUR, floor_to
from consistency.tally import Sample, Slots, Tally
from tests.factories.own_tables import make_own_tables
from tests.factories.reports import report_of as check_report

NOW = datetime(2026, 9, 16, 4, 7, tzinfo=UTC)
DAY = timedelta(days=1)
FORTNIGHT = Window(NOW - 14 * DAY, NOW)
INCIDENT = Window(floor_to(NOW - 5 * DAY, HOUR), floor_to(NOW - 4 * DAY, HOUR))
RULE = "task-outputs"
TASKS, LOST = 100, 30
ALERT = "0a1b2c3d-0000-4000-8000-00000000000a"

#: When, what, and `level`, `actor`, `episode` and payload.
Change = tuple[datetime, str, dict[str, Any]]


@dataclass
class Fortnight:
    """The resources over one engine, and how to add to what lies there."""

    resources: Resources
    hours: dict[datetime, Tally] = field(default_factory=dict)

    def count_hours(self, window: Window, *, missing: int | None = None) -> None:
        """As if a full check had counted these hours just now, with so many missing or what the incident took."""
        found: dict[int, Tally] = {}
        hour = floor_to(window.start, HOUR)
        while hour + HOUR <= window.end:
            lost = missing if missing is not None else lost_at(hour)
            found[int(hour.timestamp())] = self.hours[hour] = tally_of(hour, lost)
            hour += HOUR
        with transaction(self.resources.store) as connection:
            store_hours(connection, RULE, rule_hash(self.mapping), Slots(found), NOW)

    def check(self, as_of: datetime, kind: str = "quick", length: timedelta = HOUR, **changes: Any) -> dict[str, Any]:
        """A closed check of what there was then; its report."""
        report = self.report(as_of, kind, length, **changes)
        self.keep(report)
        return report

    def report(self, as_of: datetime, kind: str = "quick", length: timedelta = HOUR, **changes: Any) -> dict[str, Any]:
        """The report alone."""
        lost = lost_at(as_of - HOUR)
        report = check_report(lost, TASKS, kind, as_of, **{"rule_hash": rule_hash(self.mapping), **changes})
        report["check_id"] = f"{kind}-{as_of:%m%d%H%M}"
        report["counts"] |= {"pending": 0, "outputs": TASKS - lost, "duplicates": 0}
        report["window"] = {"start": utc_text(as_of - length), "end": utc_text(as_of)}
        report.setdefault("database", {"query_seconds": 0.25, "statements": {"tasks": {"slowest": 0.2}}})
        return report

    def keep(self, *reports: Mapping[str, Any]) -> None:
        """The runs of these reports."""
        with transaction(self.resources.store) as connection:
            connection.execute(insert(check_runs), [_run_row(report) for report in reports])

    def alert(self, changes: list[Change], **columns: Any) -> None:
        """An alert to which these changes have happened."""
        known = {"id": ALERT, "kind": "missing_outputs", "labels": {"check": "quick"}, "rule_id": RULE, "episode": 1}
        known |= {"state": "resolved", "summary": "30 missing", "level": "high", "last_seen_at": NOW}
        values = {**_ALERT, **known, **columns}
        values |= {"fingerprint": values["id"].replace("-", ""), "labels": json.dumps(values["labels"])}
        with transaction(self.resources.store) as connection:
            connection.execute(insert(alerts).values(values))
            for at, change, more in changes:
                payload = {name: value for name, value in more.items() if name not in {"level", "actor", "episode"}}
                row = {"level": values["level"], "actor": "reconcilery", "episode": values["episode"], **more}
                named = {name: row[name] for name in ("level", "actor", "episode")}
                written = {"alert_id": values["id"], "at": at, "change": change, "payload": json.dumps(payload)}
                connection.execute(insert(alert_changes).values(**named, **written))

    def message(
        self, channel: str, at: datetime, state: str = "sent", why: str | None = None, episode: int = 1
    ) -> None:
        """One message about the alert."""
        name = f"{channel}-{at:%d%H%M}-{state}"
        body = {"id": name, "alerts": [{"id": ALERT, "episode": episode}]}
        values = {"id": name, "group_key": name[:32], "channel": channel, "seq": 1, "reason": "first", "level": "high"}
        values |= {"state": state, "message": json.dumps(body), "attempts": 1, "next_at": at, "created_at": at}
        values |= {"finished_at": at if state != "queued" else None, "ended_because": why}
        with transaction(self.resources.store) as connection:
            connection.execute(insert(deliveries).values(values))

    def repair(self, run_id: str, at: datetime, done: int, state: str = "succeeded", **columns: Any) -> None:
        """A repair that ended then, with so many tasks repaired and one that its provider did not know."""
        after = {"tasks": 2400, "with_outputs": 2399, "missing": 1, "completion_rate": 2399 / 2400}
        before = {"tasks": 2400, "with_outputs": 1680, "missing": 720, "completion_rate": 0.7}
        values = {**_REPAIR, "id": run_id, "rule_id": RULE, "state": state, "scope": json.dumps(INCIDENT.as_dict())}
        values |= {"before": json.dumps(before), "after": json.dumps(after), "created_at": at - HOUR}
        values |= {"started_at": at - HOUR / 2, "finished_at": at, **columns}
        with transaction(self.resources.primary) as connection:
            connection.execute(insert(repair_runs).values(values))
            states = ["done"] * done + ["upstream_gone"]
            rows = [{**_ITEM, "run_id": run_id, "task_key": str(n), "state": each} for n, each in enumerate(states)]
            connection.execute(insert(repair_items), rows)

    @property
    def mapping(self) -> RuleMapping:
        return self.resources.settings.rules[0]


_ALERT = {"service": "reconcilery", "details": "{}", "bad_streak": 0, "good_streak": 0, "seen": 9, "recent": ""}
_ALERT |= {"flapping": False, "stale": False, "version": 1, "updated_at": NOW}
_REPAIR = {"rule_hash": "x", "target": "x", "parameters": "{}", "state_version": 1, "next_seq": 1, "dry_run": False}
_REPAIR |= {"created_by": "ann"}
_ITEM = {"precondition": "", "epoch": 0, "attempts": 1, "losses": 0}


def _run_row(report: Mapping[str, Any]) -> dict[str, Any]:
    as_of = parse_utc(report["as_of"])
    row = {"id": report["check_id"], "rule_id": report["rule"], "rule_hash": "x", "type": report["type"]}
    row |= {f"window_{name}": parse_utc(report["window"][name]) for name in ("start", "end")}
    row |= dict.fromkeys(("as_of", "created_at", "closed_at", "recorded_at", "notified_at"), as_of)
    return {**row, "state": "closed", "options": "{}", "report": json.dumps(report)}


def lost_at(moment: datetime) -> int:
    """How many outputs of an hour the incident took."""
    return LOST if INCIDENT.start <= floor_to(moment, HOUR) < INCIDENT.end else 0


def tally_of(hour: datetime, missing: int) -> Tally:
    """An hour of a hundred tasks, most of which had their output in five seconds; one was late."""
    delays = DelayHistogram()
    delays.add(TASKS - missing - 1, 4.0, 4.9)
    delays.add(1, 700.0, 700.0)
    keys = {(hour.timestamp() + number, f"task-{hour:%d%H}-{number}") for number in range(min(missing, 3))}
    return Tally(
        tasks=TASKS,
        tasks_with_outputs=TASKS - missing,
        missing=missing,
        late=1,
        outputs=TASKS - missing,
        delays=delays,
        sample=Sample(keys),
    )


def empty_fortnight(engine: Engine, rule: RuleMapping = DEFAULT_RULE, **settings: Any) -> Fortnight:
    """Own tables, and nothing in them."""
    make_own_tables(engine)
    return Fortnight(Resources(Settings(rules=(rule,), **settings), engine, engine, engine))


def fortnight(engine: Engine, **settings: Any) -> Fortnight:
    """Ten weeks of counted hours, quick checks every hour but one, a deep one, an alert that was told, and a repair."""
    made = empty_fortnight(engine, **settings)
    made.count_hours(Window(NOW - 70 * DAY, floor_to(NOW - HOUR, HOUR)))
    made.keep(*(made.report(NOW - number * HOUR) for number in range(1, 14 * 24) if number != 100))
    segments = {"workflow": [{"value": "<i>video</i>", "tasks": 40, "missing": 25, "completion_rate": 0.375}]}
    segments["workflow"].append({"value": None, "tasks": 60, "missing": 5, "completion_rate": 55 / 60})
    slow = {"source": "database", "level": "medium", "message": "took 1.5 s", "fix": "`reconcilery doctor`"}
    made.check(NOW - 2 * HOUR, "deep", 14 * DAY, segments=segments, findings=[slow], problems=["no advice: 3 tries"])
    fired = INCIDENT.start + HOUR
    acked = {"actor": "ada|laptop", "note": "looks like 2.1"}
    seen = {"numbers": {"tasks": TASKS, "missing": LOST}}
    made.alert([(fired, "fired", seen), (fired + HOUR, "acknowledged", acked), (INCIDENT.end + HOUR, "resolved", {})])
    made.message("feishu", fired)
    made.message("feishu", INCIDENT.end + HOUR)
    made.message("mail", fired, "dead", "535 <bad> password")
    made.repair("5b2c9d10-1111-4222-8333-444444444444", NOW - 3 * DAY, 719)
    return made
