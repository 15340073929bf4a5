"""The tasks that the checks know to lack their output, as they are kept in the own tables.

The quick check keeps every such task of its hour (`source` quick, with its finish time); a longer check keeps a sample
(`source` full or deep). What is missing right now, and all of it, only the application's tables know: see `export`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from api.views.overview import latest_checks
from consistency.ledger.tables import open_gaps
from consistency.model import CheckType, parse_utc, utc_text
from consistency.settings import Settings

COLUMNS = ("rule", "task_id", "done_at", "first_seen_at", "source", "as_of", "check_id")

Record = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind the task of a rule that finished then, or, behind all of them, at that sample."""

    done_at: datetime | None = None
    rule_id: str = ""
    task_key: str = ""
    sample: int | None = None

    def texts(self) -> tuple[str, ...]:
        """For a cursor."""
        moment = utc_text(self.done_at) if self.done_at else ""
        return moment, self.rule_id, self.task_key, "" if self.sample is None else str(self.sample)

    @classmethod
    def of_texts(cls, moment: str, rule_id: str, task_key: str, sample: str) -> "Place":
        """The inverse; ValueError for what is no place."""
        number = int(sample) if sample else None
        if number is not None and number < 0:
            raise ValueError("samples are numbered from 0 on")
        return cls(parse_utc(moment) if moment else None, rule_id, task_key, number)


def missing_summary(connection: Connection, settings: Settings, now: datetime, rule_ids: Sequence[str]) -> list[Record]:
    """How many tasks the latest check of each kind found missing, and when that was."""
    return [
        {
            "rule": check["rule"],
            "type": check["type"],
            "missing": check["report"]["counts"]["missing"],
            "window": check["report"]["window"],
            "as_of": check["report"]["as_of"],
            "stale": check["stale"],
            "check_id": check["report"]["check_id"],
        }
        for check in latest_checks(connection, settings, now)
        if check["rule"] in rule_ids and check["type"] != CheckType.RANGE
    ]


def missing_page(
    connection: Connection, settings: Settings, now: datetime, rule_ids: Sequence[str], limit: int, place: Place
) -> tuple[list[Record], Place | None]:
    """The tasks that finished last at first, then the samples of longer checks; and where the next page begins."""
    checks = [check for check in latest_checks(connection, settings, now) if check["rule"] in rule_ids]
    quick = {check["rule"]: check["report"] for check in checks if check["type"] == CheckType.QUICK}
    page: list[Record] = []
    if place.sample is None:
        rows = connection.execute(_gaps(rule_ids, place).limit(limit + 1)).all()
        page = [_gap(row, quick.get(row.rule_id, {})) for row in rows[:limit]]
        if len(rows) > limit:
            last = rows[limit - 1]
            return page, Place(last.done_at, last.rule_id, last.task_key)
    first = place.sample or 0
    sampled = _samples(connection, checks)[first:]
    taken = sampled[: limit - len(page)]
    more = len(taken) < len(sampled)
    return [*page, *taken], Place(sample=first + len(taken)) if more else None


def _gaps(rule_ids: Sequence[str], place: Place) -> Select[Any]:
    columns = open_gaps.c
    chosen = select(open_gaps).where(columns.rule_id.in_(rule_ids))
    if place.done_at is not None:
        later_key = (columns.rule_id == place.rule_id) & (columns.task_key > place.task_key)
        beside = (columns.done_at == place.done_at) & ((columns.rule_id > place.rule_id) | later_key)
        chosen = chosen.where((columns.done_at < place.done_at) | beside)
    return chosen.order_by(columns.done_at.desc(), columns.rule_id, columns.task_key)


def _gap(row: Row[Any], report: Mapping[str, Any]) -> Record:
    return {
        "rule": row.rule_id,
        "task_id": row.task_key,
        "done_at": utc_text(row.done_at),
        "first_seen_at": utc_text(row.first_seen_at),
        "source": str(CheckType.QUICK),
        "as_of": report.get("as_of"),
        "check_id": report.get("check_id"),
    }


def _samples(connection: Connection, checks: Sequence[Mapping[str, Any]]) -> list[Record]:
    """What the longer checks name and the quick check does not, each task once."""
    longer = [check["report"] for check in checks if check["type"] in {CheckType.FULL, CheckType.DEEP}]
    found: dict[tuple[str, str], Record] = {}
    for report in longer:
        rule, keys = report["rule"], report["missing_sample"]
        same = (open_gaps.c.rule_id == rule) & open_gaps.c.task_key.in_(keys)
        known = set(connection.scalars(select(open_gaps.c.task_key).where(same)))
        for key in keys:
            if key not in known:
                found.setdefault((rule, key), _sampled(report, key))
    return list(found.values())


def _sampled(report: Mapping[str, Any], key: str) -> Record:
    named = {"rule": report["rule"], "task_id": key, "done_at": None, "first_seen_at": None}
    return {**named, "source": report["type"], "as_of": report["as_of"], "check_id": report["check_id"]}
