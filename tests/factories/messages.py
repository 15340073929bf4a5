"""Messages as the routing composes them, with what a test does not care about filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from consistency.model import Level
from notifiers.messages.message import AlertFact, Message, NoticeFact, Repaired

AT = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
#: The event of the seed's own page.
SEED_EVENT = {
    "timestamp": "2025-08-29T10:30:00.000Z",
    "event_type": "sync_success",
    "level": "info",
    "service": "datasync",
    "message": "数据同步完成: 1000条记录",
    "details": {"duration": 30.5, "tables": ["coin_data", "indicator_data"]},
    "metrics": {"records_synced": 1000, "duration_seconds": 30.5, "success_rate": 1.0},
}


def an_alert(number: int = 1, **values: Any) -> AlertFact:
    """A firing alert about missing outputs."""
    return AlertFact(
        **{
            "id": f"alert-{number}",
            "fingerprint": f"{number:032x}",
            "episode": 1,
            "kind": "missing_outputs",
            "rule": "task-outputs",
            "labels": {"check": "quick"},
            "level": Level.HIGH,
            "state": "firing",
            "summary": f"{30 + number} of 100 tasks have no output",
            "since": AT,
            "numbers": {"tasks": 100, "missing": 30 + number, "completion_rate": 0.7 - number / 100},
            "command": "reconcilery repair plan --start-date 2026-09-16",
            **values,
        }
    )


def a_notice(body: dict[str, Any] | None = None, **values: Any) -> NoticeFact:
    """The event of the seed, or another."""
    return NoticeFact(
        **{
            "event_type": "sync_success",
            "level": Level.LOW,
            "service": "datasync",
            "rule": "",
            "message": "1000 records",
            "at": AT,
            "body": SEED_EVENT if body is None else body,
            **values,
        }
    )


def a_message(*told: AlertFact | NoticeFact, **values: Any) -> Message:
    """A message that tells of these; of one firing alert unless said otherwise."""
    facts = told or (an_alert(),)
    alerts = tuple(fact for fact in facts if isinstance(fact, AlertFact))
    return Message(
        **{
            "id": "msg_0123456789abcdef0123456789abcdef",
            "thread": "f" * 32,
            "seq": 1,
            "reason": "first" if alerts else "event",
            "service": "reconcilery",
            "rule": "task-outputs",
            "level": max((fact.level for fact in facts), key=list(Level).index),
            "at": AT,
            "alerts": alerts,
            "notices": tuple(fact for fact in facts if isinstance(fact, NoticeFact)),
            **values,
        }
    )


#: A check that has not run for an hour.
SILENT = an_alert(
    kind="checker_silent",
    numbers={},
    silent_since=AT - timedelta(hours=1),
    due_every=timedelta(minutes=15),
    command="reconcilery status",
)
#: A channel whose secret is wrong.
BROKEN = an_alert(
    kind="channel_broken",
    numbers={},
    labels={"channel": "ops"},
    trouble="19021: sign match fail",
    command="reconcilery notify test ops",
)
#: Over after a repair.
OVER = an_alert(
    2,
    state="resolved",
    since=AT - timedelta(hours=2),
    until=AT,
    numbers={"tasks": 412, "missing": 0},
    repaired=Repaired(run_id="rep_1", restored=412, wanted=412),
)
