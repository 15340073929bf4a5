"""What a repair is about: the tasks that finished in a window, or tasks named by their ids."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consistency.errors import BadRequest
from consistency.host import BoundRule
from consistency.model import Window, parse_utc
from consistency.source import Source
from consistency.tasks_by_keys import tasks_by_keys

MOST_IDS = 100_000
MOST_NAMED = 5


@dataclass(frozen=True)
class Scope:
    """Either a window, or ids in the order they were given, each once."""

    window: Window | None = None
    ids: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return self.window.as_dict() if self.window else {"task_ids": list(self.ids)}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Scope":
        if "task_ids" in stored:
            return cls(ids=tuple(stored["task_ids"]))
        return cls(Window(parse_utc(stored["start"]), parse_utc(stored["end"])))

    def words(self) -> str:
        """For people."""
        if self.window is None:
            return f"{len(self.ids)} named tasks"
        return f"tasks that finished from {self.window.as_dict()['start']} to {self.window.as_dict()['end']}"


def live_key(rule_id: str, scope: Scope, start: str | None, end: str | None) -> str:
    """Live runs with one key are one run: dates count as they were typed, so that an open end stays one scope."""
    said = ["ids", *sorted(scope.ids)] if scope.window is None else ["dates", start or "", end or ""]
    return f"{rule_id}|{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:40]}"


def named_ids(rule: BoundRule, given: Sequence[str], argument: str) -> tuple[str, ...]:
    """The ids, each once, as the database spells them; BadRequest when there are none, too many, or one is no key."""
    ids = [text.strip() for text in given if text.strip()]
    if not ids:
        raise BadRequest(f"{argument}: no ids are given; name some, separated by commas or one a line")
    if len(ids) > MOST_IDS:
        raise BadRequest(f"{argument}: {len(ids)} ids are more than {MOST_IDS}; use dates, or several runs")
    return tuple(dict.fromkeys(_spelled(rule, text, argument) for text in ids))


def _spelled(rule: BoundRule, text: str, argument: str) -> str:
    try:
        return str(rule.parse_key(text))
    except ValueError:
        table, column = rule.parent_table.name, rule.mapping.parent.id
        raise BadRequest(f"{argument}: {text[:60]!r} cannot be a {table}.{column} ({rule.key.type})") from None


def require_known(source: Source, rule: BoundRule, ids: Sequence[str], as_of: datetime, argument: str) -> None:
    """BadRequest, with the first of them, when ids are not in the table of the tasks."""
    keys = {rule.parse_key(text): text for text in ids}
    for task in tasks_by_keys(source, rule, list(keys), as_of):
        keys.pop(task.key, None)
    if keys:
        unknown = list(keys.values())
        more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
        named = ", ".join(text[:60] for text in unknown[:MOST_NAMED])
        raise BadRequest(
            f"{argument}: {len(unknown)} of {len(ids)} ids are not in {rule.parent_table.name}: {named}{more}"
        )
