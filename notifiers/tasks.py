"""The notification tasks; they are sent by name, with ids only."""

from typing import Any

from celery import Task, shared_task

from consistency.errors import BadRequest, ReconcileryError
from consistency.process import process_resources
from consistency.task_arguments import check_arguments
from notifiers.telling import tell_repair, tell_verdict


class NotifyTask(Task):  # type: ignore[misc]
    """A task whose wrong arguments are told in one line."""

    throws = (ReconcileryError,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check_arguments(self.name, self.run, args, kwargs)
        return super().__call__(*args, **kwargs)


@shared_task(base=NotifyTask, name="notifiers.notify")
def notify(check_id: str | None = None, event_id: int | None = None) -> dict[str, Any]:
    """Tell what a check found, or what has happened to a repair."""
    if event_id is not None:
        return tell_repair(process_resources(), event_id)
    if check_id is None:
        raise BadRequest("notifiers.notify: it takes check_id or event_id")
    return tell_verdict(process_resources(), check_id)
