"""The notification tasks; they are sent by name, with ids only."""

from typing import Any

from celery import shared_task

from consistency.errors import ReconcileryError
from consistency.process import process_resources
from notifiers.telling import tell_verdict


@shared_task(name="notifiers.notify", throws=(ReconcileryError,))
def notify(check_id: str) -> dict[str, Any]:
    """Tell what a check found."""
    return tell_verdict(process_resources(), check_id)
