"""A message to a channel as the commands show it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.views.times import ago_text
from cli.terminal import printable
from consistency.model import utc_text
from notifiers.deliveries.dead import attempts_of
from notifiers.deliveries.outbox import Delivery

HEADER = ("message", "made", "channel", "state", "why", "tried", "what came of it")
_SHORT = len("msg_") + 8


def short_id(delivery_id: str) -> str:
    """Enough of the id to name the message by."""
    return delivery_id[:_SHORT]


def delivery_row(delivery: Delivery, answer: str, now: datetime) -> tuple[str, ...]:
    """A line of a table with HEADER; what may be long stands last."""
    shown = (
        short_id(delivery.id),
        ago_text(delivery.created_at, now),
        delivery.channel,
        delivery.state,
        delivery.reason.replace("_", " "),
        f"{delivery.attempts}x",
        delivery.ended_because or answer,
    )
    return tuple(map(printable, shown))


def last_answer(connection: Connection, delivery: Delivery) -> str:
    """The outcome of the latest attempt with the provider's code, or nothing."""
    attempts = attempts_of(connection, delivery.id)
    if not attempts:
        return ""
    return " ".join(part for part in (attempts[-1].outcome, attempts[-1].code, attempts[-1].detail) if part)


def delivery_object(connection: Connection, delivery: Delivery) -> dict[str, Any]:
    """All that programs may want to know; the message itself is left out."""
    attempts = [
        {
            "no": each.no,
            "at": utc_text(each.at),
            "outcome": each.outcome,
            "code": each.code,
            "detail": each.detail,
            "reply": each.reply,
            "milliseconds": each.milliseconds,
        }
        for each in attempts_of(connection, delivery.id)
    ]
    moments = {name: getattr(delivery, name) for name in ("next_at", "created_at", "finished_at")}
    plain = ("id", "group_key", "channel", "seq", "reason", "ended_because", "fallback_of")
    return {
        **{name: getattr(delivery, name) for name in plain},
        "state": str(delivery.state),
        "level": str(delivery.level),
        **{name: utc_text(moment) if moment else None for name, moment in moments.items()},
        "attempts": attempts,
    }
