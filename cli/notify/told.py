"""A message to a channel as the commands show it."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cli.moments import local_text
from cli.terminal import printable
from consistency.model import utc_text
from notifiers.deliveries.dead import attempts_of
from notifiers.deliveries.outbox import Delivery

HEADER = ("message", "made", "channel", "state", "why", "attempts", "last answer")


def delivery_row(delivery: Delivery, answer: str, zone: ZoneInfo) -> tuple[str, ...]:
    """A line of a table with HEADER."""
    state = f"{delivery.state}{f': {delivery.ended_because}' if delivery.ended_because else ''}"
    shown = (
        delivery.id,
        local_text(delivery.created_at, zone),
        delivery.channel,
        state,
        delivery.reason.replace("_", " "),
        str(delivery.attempts),
        answer,
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
