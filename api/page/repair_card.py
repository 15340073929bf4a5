"""The repair that goes on, or the last one, on a card."""

from typing import Any

from sqlalchemy import Connection

from compensation.onlookers import Summary, onlooker
from compensation.states import LIVE, OPEN_ITEMS, REDRIVABLE, TAKEN_BACK, RunState
from consistency.model import parse_utc
from consistency.resources import Resources

Record = dict[str, Any]


def repair_card(resources: Resources, connection: Connection) -> Record | None:
    """Over a connection to the ledger; None where there is no repair."""
    repairs = onlooker(resources, connection)
    summary = repairs.foremost() if repairs else None
    return _record(summary) if summary else None


def _record(summary: Summary) -> Record:
    state, counts, ended = RunState(summary["state"]), summary["counts"], summary["finished_at"]
    total = sum(counts.values())
    return {
        "run_id": summary["run_id"],
        "rule": summary["rule"],
        "finished_at": parse_utc(ended) if ended else None,
        "state": str(state),
        "is_live": state in LIVE,
        "is_taken_back": state in TAKEN_BACK,
        "rows": summary["rows_written"],
        "done": total - summary["progress"]["open"],
        "total": total,
        "failed": sum(counts.get(each, 0) for each in REDRIVABLE - OPEN_ITEMS),
        "eta": summary["progress"]["eta_seconds"],
    }
