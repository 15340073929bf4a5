"""What taking a repair back has come to, or would come to."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select

from compensation.images import changed_columns
from compensation.states import Undo
from consistency.ledger.repair_tables import repair_journal

MOST_NAMED = 100


@dataclass
class Undone:
    """What a rollback came to, or would come to: numbers, and the changed rows by name (the first hundred)."""

    deleted: int = 0
    kept_changed: int = 0
    gone: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"deleted": self.deleted, "kept_changed": self.kept_changed, "gone": self.gone, "kept": self.kept}

    def note(self, entry: Row[Any], outcome: Undo, image: str) -> None:
        """One entry of the journal more, and how its row looks now."""
        setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome is Undo.KEPT_CHANGED and len(self.kept) < MOST_NAMED:
            self.kept.append(_named(entry, image))


def result_of(connection: Connection, run_id: str) -> Undone:
    """What the rollback of a run has come to so far, as its journal says."""
    mine, outcome = repair_journal.c.run_id == run_id, repair_journal.c.undo_outcome
    counted = connection.execute(select(outcome, func.count()).where(mine).group_by(outcome))
    counts = {row[0]: row[1] for row in counted}
    undone = Undone(counts.get("deleted", 0), counts.get("kept_changed", 0), counts.get("gone", 0))
    kept = select(repair_journal).where(mine, outcome == str(Undo.KEPT_CHANGED)).order_by(repair_journal.c.id)
    undone.kept = [_named(entry, entry.undo_detail) for entry in connection.execute(kept.limit(MOST_NAMED))]
    return undone


def _named(entry: Row[Any], image: str | None) -> dict[str, Any]:
    named = {"task_id": entry.task_key, "output_key": entry.output_key, "primary_key": json.loads(entry.target_pk)}
    content = json.loads(image or "{}")
    for reason in ("referred_to", "refused"):
        if reason in content:
            return {**named, reason: content[reason]}
    differing = changed_columns(entry.row_image, image) if image else {}
    return {**named, "changed": {name: {"written": old, "now": new} for name, (old, new) in differing.items()}}
