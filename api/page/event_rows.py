"""Events as the page lists them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.page.wording import Words
from consistency.ledger.events import StoredEvent
from consistency.model import utc_text

_LONGEST = 300


def event_rows(events: Sequence[StoredEvent], words: Words, now: datetime) -> list[dict[str, Any]]:
    """One row an event; details and metrics as JSON."""
    return [_row(stored, words, now) for stored in events]


def _row(stored: StoredEvent, words: Words, now: datetime) -> dict[str, Any]:
    body = json.loads(stored.body)
    message = str(body["message"])
    more = {name: body[name] for name in ("details", "metrics") if body.get(name)}
    return {
        "id": stored.id,
        "at": utc_text(stored.occurred_at),
        "when": words.clock(stored.occurred_at, now),
        "type": body["event_type"],
        "level": body["level"],
        "service": body["service"],
        "message": message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…",
        "more": json.dumps(more, ensure_ascii=False, indent=1)[:4000] if more else "",
    }
