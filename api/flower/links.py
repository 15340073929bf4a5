"""Links between Flower and our page: its page of a task leads to ours, and ours to its."""

import re
from typing import Any
from urllib.parse import quote

import structlog

from api.http.tokens import is_loopback
from consistency.settings import Settings

log = structlog.get_logger(__name__)


def page_address(settings: Settings) -> str:
    """Where people find our page, without a slash at the end; empty when that is not known."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    known = is_loopback(settings.api_host) and settings.api_port
    return f"http://{settings.api_host}:{settings.api_port}" if known else ""


def flower_address(settings: Settings, task_id: str | None) -> str:
    """Where Flower shows a task; empty when there is no Flower, or no such task."""
    if not settings.flower_url or not task_id:
        return ""
    return f"{settings.flower_url.rstrip('/')}/task/{quote(task_id, safe='')}"


def flower_list(settings: Settings, run_id: str) -> str:
    """Where Flower lists the tasks of a repair; empty when there is no Flower.

    Its list takes what it searches for from the address, and the name may be followed by more terms.
    """
    if not settings.flower_url:
        return ""
    return f"{settings.flower_url.rstrip('/')}/tasks?name={quote(f'compensation. {run_id}', safe='')}"


def lead_back(page: str) -> None:
    """Let addresses of our page be links on Flower's page of a task.

    Flower has no such hook: where it is built in another way some day, they stay plain text.
    """
    try:
        from flower import urls  # noqa: PLC0415 - only Flower itself has a use for it
        from flower.views.tasks import TaskView  # noqa: PLC0415 - the same
        from tornado.web import url  # noqa: PLC0415 - the same

        class LinkedTask(TaskView):  # type: ignore[misc]
            def render_string(self, template_name: str, **given: Any) -> bytes:
                return linked(super().render_string(template_name, **given), page)

        urls.handlers.insert(0, url(r"/task/(.+)", LinkedTask))
    except (ImportError, AttributeError) as error:
        log.warning("flower.no_links", reason=str(error))


def linked(html: bytes, page: str) -> bytes:
    """The page of Flower with links to ours in place of the addresses."""
    address = re.escape(page.encode()) + rb"/(?:runs|repairs)/[\w-]+"
    return re.sub(rb"(?<![\"'>=])" + address, lambda found: b'<a href="%s">%s</a>' % (found[0], found[0]), html)
