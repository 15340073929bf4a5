"""Over HTTP to the product's own API, for services that reach neither its database nor its Redis."""

import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from consistency.events import WrittenEvent
from consistency.http_trouble import NoReply, host_of
from consistency.one_line import one_line
from consistency.retry_after import retry_after
from consistency.timed_http import Reply, TimedHttp
from consistency.timed_sockets import Deadline
from monitoring.transports.transport import Refused, Unreachable

PATH = "/api/monitoring/events"
#: The API takes bodies of a mebibyte, and arrays of a thousand.
LARGEST_BODY = 1_000_000
MOST_TOGETHER = 500
_LARGEST_ANSWER = 1024 * 1024
_NO_LEAVE = {
    401: "asks for a token; set RECONCILERY_EVENTS_TOKEN to one that it knows",
    403: "does not let this token send events; use one with the scope operate",
    404: "has no event interface there; correct RECONCILERY_EVENTS_URL",
}
_TOO_LARGE, _WRONG = 413, 422
_BUSY = (429, 503)

Batch = Sequence[WrittenEvent]


class HttpTransport:
    """Posts arrays of events, each with its id, so that what comes twice is kept once; redirects are not followed."""

    def __init__(self, url: str, token: str, span: timedelta) -> None:
        self._url = url + PATH
        self._span = span
        self._http = TimedHttp()
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._not_before = 0.0

    @property
    def name(self) -> str:
        return f"the HTTP API at {host_of(self._url)}"

    def send(self, events: Batch) -> Sequence[Refused]:
        """Post them in bodies that fit; what the API names as wrong is refused, and the rest posted again."""
        refused: list[Refused] = []
        waiting = deque(_fitting(events))
        while waiting:
            refused += self._post(waiting.popleft(), waiting)
        return refused

    def probe(self) -> None:
        """Ask whether events would be taken, without sending any; Unreachable, with the reason, if not."""
        reply = self._ask(b"[]")
        if not (200 <= reply.status < 300 or reply.status == _WRONG):  # noqa: PLR2004 - as below
            raise Unreachable(self._why(reply))

    def close(self) -> None:
        self._http.close()

    def _post(self, events: Batch, waiting: deque[Batch]) -> Sequence[Refused]:
        """Post one batch; what of it is to be tried again is put in front of those that wait."""
        reply = self._ask(b"[" + b",".join(map(_object, events)) + b"]")
        if 200 <= reply.status < 300:  # noqa: PLR2004 - the range has no name in the standard either
            return ()
        if reply.status == _TOO_LARGE:
            return _halves(events, waiting, f"{self.name} says that it is too large")
        if reply.status != _WRONG:
            raise Unreachable(self._why(reply))
        wrong = {at: reason for at, reason in _named(reply) if at < len(events)}
        if not wrong:
            return _halves(events, waiting, f"{self.name} refuses it{_detail(reply)}")
        if others := [event for at, event in enumerate(events) if at not in wrong]:
            waiting.appendleft(others)
        return [Refused(events[at], reason) for at, reason in wrong.items()]

    def _ask(self, body: bytes) -> Reply:
        if (wait := self._not_before - time.monotonic()) > 0:
            raise Unreachable(f"{self.name} asks to be left alone for {wait:.0f} s more")
        reply = self._http.ask(
            "POST", self._url, Deadline(self._span), headers=self._headers, body=body, largest=_LARGEST_ANSWER
        )
        if isinstance(reply, NoReply):
            raise Unreachable(f"{self.name} did not take events: {one_line(reply.detail)}")
        return reply

    def _why(self, reply: Reply) -> str:
        if reply.status in _BUSY and (wait := retry_after(reply.headers.get("Retry-After"), datetime.now(UTC))):
            self._not_before = time.monotonic() + wait.total_seconds()
        said = _NO_LEAVE.get(reply.status) or f"answered {reply.status}{_detail(reply)}"
        return f"{self.name} {said}"


def _halves(events: Batch, waiting: deque[Batch], reason: str) -> Sequence[Refused]:
    if len(events) == 1:
        return [Refused(events[0], reason)]
    middle = len(events) // 2
    waiting.extendleft((events[middle:], events[:middle]))
    return ()


def _object(event: WrittenEvent) -> bytes:
    """The event's own object with its id as the first key."""
    return b'{"id":"%b",%b' % (event.id.encode(), event.body[1:])


def _fitting(events: Batch) -> Iterator[Batch]:
    batch: list[WrittenEvent] = []
    size = 0
    for event in events:
        length = len(event.body) + len(event.id) + 16
        if batch and (size + length > LARGEST_BODY or len(batch) == MOST_TOGETHER):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch


def _named(reply: Reply) -> Iterator[tuple[int, str]]:
    """Which events of the array the answer names as wrong, and why; the first reason of each stands last."""
    errors = _problem(reply).get("errors")
    for error in reversed(errors) if isinstance(errors, list) else ():
        pointer = str(error.get("pointer", "")) if isinstance(error, dict) else ""
        place = pointer.lstrip("#").split("/")[1:2]
        if place and place[0].isdecimal():
            yield int(place[0]), one_line(f"{pointer}: {error.get('detail', '')}")


def _detail(reply: Reply) -> str:
    said = _problem(reply).get("detail")
    return f": {one_line(said)}" if said else ""


def _problem(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
