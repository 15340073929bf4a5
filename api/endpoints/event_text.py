"""An event as the API tells it: written without being parsed, because there may be many."""

from consistency.events import json_bytes
from consistency.ledger.events import StoredEvent
from consistency.model import utc_text


def told(stored: StoredEvent) -> bytes:
    """The event's own object between its id and when it came in; written, not parsed, for there may be many."""
    tail = json_bytes({"received_at": utc_text(stored.received_at)})[1:]
    return b'{"id":%b,%b,%b' % (json_bytes(stored.id), stored.body.encode()[1:-1], tail)
