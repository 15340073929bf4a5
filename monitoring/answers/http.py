"""Answers over HTTP, from the API that the events are sent to."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from consistency.errors import BadRequest, ReconcileryError
from consistency.http_trouble import NoReply, host_of
from consistency.one_line import one_line
from consistency.timed_http import Reply, TimedHttp
from consistency.timed_sockets import Deadline
from monitoring.answers.answers import Answer

_BAD = (400, 422)
_DENIED = (401, 403)
_WELL = 200


class NoAnswer(ReconcileryError):
    """The API could not be asked, or gave no answer."""


class HttpAnswers:
    """Asks each time; safe for threads. `token` may be empty; redirects are not followed."""

    def __init__(self, url: str, token: str, patience: timedelta) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._patience = patience
        self._http = TimedHttp()

    def sync_metrics(self, hours: float) -> Answer:
        return self._ask("sync-metrics", hours=hours)

    def cleanup_metrics(self, days: float) -> Answer:
        return self._ask("cleanup-metrics", days=days)

    def migration_metrics(self, days: float) -> Answer:
        return self._ask("migration-metrics", days=days)

    def comprehensive_status(self) -> Answer:
        return self._ask("events-status")

    def close(self) -> None:
        self._http.close()

    def _ask(self, what: str, **asked: float) -> Answer:
        url = f"{self._url}/api/monitoring/{what}" + (f"?{urlencode(asked)}" if asked else "")
        reply = self._http.ask("GET", url, Deadline(self._patience), headers=self._headers)
        if isinstance(reply, NoReply):
            raise NoAnswer(f"events_url: {reply.detail}")
        found = _object(reply)
        if reply.status == _WELL and found is not None:
            return found
        raise self._trouble(reply, found or {})

    def _trouble(self, reply: Reply, problem: dict[str, Any]) -> ReconcileryError:
        host, said = host_of(self._url), one_line(problem.get("detail") or problem.get("title") or "")
        if reply.status in _DENIED:
            return NoAnswer(f"events_token: {host} refuses access (HTTP {reply.status}); give a token it knows")
        if reply.status in _BAD and said:
            return BadRequest(said)
        if reply.status == _WELL:
            return NoAnswer(f"events_url: {host} did not answer with a JSON object; is it the address of the HTTP API?")
        return NoAnswer(f"events_url: {host} answers with HTTP {reply.status}{f': {said}' if said else ''}")


def _object(reply: Reply) -> dict[str, Any] | None:
    try:
        found = json.loads(reply.body) if reply.complete else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
