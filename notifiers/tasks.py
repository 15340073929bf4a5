"""The notification tasks; they are sent by name, with ids only."""

from typing import Any

from celery import shared_task

from consistency.errors import BadRequest, ReconcileryError
from consistency.process import process_resources
from notifiers.telling import tell_repair, tell_verdict


@shared_task(name="notifiers.notify", throws=(ReconcileryError,))
def notify(check_id: str | None = None, event_id: int | None = None) -> dict[str, Any]:
    """Tell what a check found, or what has happened to a repair."""
    if event_id is not None:
        return tell_repair(process_resources(), event_id)
    if check_id is None:
        raise BadRequest("notifiers.notify: it takes check_id or event_id")
    return tell_verdict(process_resources(), check_id)
