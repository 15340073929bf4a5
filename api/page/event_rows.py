"""Events as the page lists them."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from api.page.wording import Words
from consistency.ledger.events import StoredEvent
from consistency.model import utc_text
from notifiers.messages.chinese_own_events import chinese_own_event

_LONGEST = 300


def event_rows(
    events: Sequence[StoredEvent], service: str, words: Words, now: datetime, *, most: int = 4000
) -> list[dict[str, Any]]:
    """One row an event; details and metrics as JSON, of which at most so many characters are shown.

    What the product, whose service that is, has told itself is told in the reader's language.
    """
    return [_row(stored, service, words, now, most) for stored in events]


def _row(stored: StoredEvent, service: str, words: Words, now: datetime, most: int) -> dict[str, Any]:
    body = json.loads(stored.body)
    said = chinese_own_event(stored.event, service, words.report) if words.language == "zh" else ""
    return {
        "id": stored.id,
        "at": utc_text(stored.occurred_at),
        "when": words.clock(stored.occurred_at, now),
        "type": body["event_type"],
        "level": body["level"],
        "service": body["service"],
        "message": _shortened(said or str(body["message"]), _LONGEST),
        "more": _more(stored.body, most),
    }


# What is indented is written by slow code, and an event never changes.
@lru_cache(maxsize=64)
def _more(body: str, most: int) -> str:
    told = json.loads(body)
    more = {name: told[name] for name in ("details", "metrics") if told.get(name)}
    return _shortened(json.dumps(more, ensure_ascii=False, indent=1), most) if more else ""


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
