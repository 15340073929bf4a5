"""Providers for everybody without RunningHub: a folder of JSON files, and any web address that answers with JSON.

`json_body` says what stands in a file or an answer.
"""

import hashlib
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from compensation.details import detail_text
from compensation.provider import Answer, Kind
from compensation.providers.asking import document, ill, refusal
from compensation.providers.json_body import of_body
from consistency.errors import ConfigurationError
from consistency.http_trouble import host_of
from consistency.one_line import one_line
from consistency.timed_http import LARGEST_BODY, Reply, TimedHttp
from consistency.timed_sockets import Deadline

PLACE = "{id}"
_LONGEST_ID = 255
_GONE = (404, 410)
_BAD_REQUEST = (400, 414, 422)
_WELL = range(200, 300)


class JsonFolder:
    """A folder with a file `<id>.json` for each task; no file, no such task."""

    link_field = "fileUrl"
    own_hosts: frozenset[str] = frozenset()

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        return f"folder:{_digest(str(self._folder.absolute()))}"

    def fetch(self, provider_task_id: str) -> Answer:
        """What the task's file says."""
        if _leads_away(provider_task_id):
            return _bad_id("folder")
        try:
            reply = _read(self._folder / f"{provider_task_id}.json")
        except FileNotFoundError:
            absent = self.check()
            gone = Answer(Kind.GONE, code="no_file", detail=detail_text("no_file"), source="folder")
            return gone if absent.kind is Kind.FOUND else absent
        except OSError as error:
            detail = detail_text("file_unreadable", why=error.strerror)
            return Answer(Kind.TRANSIENT, code="unreadable", detail=detail, source="folder")
        found = document(reply)
        return replace(found.trouble or of_body(found.value), source="folder")

    def check(self) -> Answer:
        """FOUND if the folder is there and may be read."""
        if not self._folder.is_dir():
            detail = f"the folder {self._folder} is not there; see the setting provider"
        elif not os.access(self._folder, os.R_OK | os.X_OK):
            detail = f"the folder {self._folder} may not be read by this account"
        else:
            return Answer(Kind.FOUND, code="ok", source="folder")
        return Answer(Kind.STOP_RUN, code="no_folder", detail=one_line(detail), source="folder")

    def close(self) -> None:
        """There is nothing open."""


class JsonEndpoint:
    """A web address with {id} in its path or query, asked by GET; safe for threads."""

    link_field = "fileUrl"

    def __init__(self, url: str, timeout: timedelta) -> None:
        parts = urlsplit(url)
        if PLACE not in parts.path + parts.query or PLACE in parts.netloc:
            raise ConfigurationError(f"provider is a web address without {PLACE} in its path or query")
        self._url, self._timeout, self._http = url, timeout, TimedHttp()
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self.own_hosts = frozenset({f"{parts.hostname}:{port}"})

    def __repr__(self) -> str:
        return f"<{self.name} at {host_of(self._url)}>"

    @property
    def name(self) -> str:
        return f"endpoint:{_digest(self._url)}"

    def fetch(self, provider_task_id: str) -> Answer:
        """What the address says of the task, within the time limit."""
        if _leads_away(provider_task_id):
            return _bad_id("endpoint")
        return replace(self._ask(provider_task_id), source="endpoint")

    def check(self) -> Answer:
        """FOUND if the address answers at all, though the task that is asked for does not exist."""
        answer = self.fetch("reconcilery-check")
        usable = answer.kind not in {Kind.TRANSIENT, Kind.LIMITED, Kind.STOP_RUN}
        return replace(answer, kind=Kind.FOUND, outputs=(), detail="") if usable else answer

    def close(self) -> None:
        self._http.close()

    def _ask(self, task: str) -> Answer:
        url = self._url.replace(PLACE, quote(task, safe=""))
        reply = self._http.ask("GET", url, Deadline(self._timeout), headers={"Accept": "application/json"})
        answer = ill(reply, datetime.now(UTC))
        if answer is not None:
            return answer
        assert isinstance(reply, Reply)
        return self._judged(reply)

    def _judged(self, reply: Reply) -> Answer:
        code = f"HTTP {reply.status}"
        if reply.status in _GONE:
            return Answer(Kind.GONE, code=code, detail=detail_text("unknown_there"))
        if reply.status in _BAD_REQUEST:
            return Answer(Kind.BAD_ITEM, code=code, detail=detail_text("id_refused", http=code))
        if reply.status not in _WELL:
            detail = detail_text("answered_with", host=host_of(self._url), http=code)
            other = Answer(Kind.TRANSIENT, code=code, detail=detail)
            return refusal(reply, self._url, "the setting provider") or other
        found = document(reply)
        return found.trouble or of_body(found.value)


def _read(path: Path) -> Reply:
    # Not blocking: whoever puts a pipe there shall not stop us.
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is no regular file")
        body = file.read(LARGEST_BODY + 1)
    return Reply(200, {}, body[:LARGEST_BODY], complete=len(body) <= LARGEST_BODY)


def _leads_away(task: str) -> bool:
    """Whether the id could name something else than a file of the folder, or a step of the address's path."""
    try:
        length = len(os.fsencode(task))
    except UnicodeError:
        return True
    odd = task.strip() in {"", ".", ".."} or "/" in task or "\\" in task or not task.isprintable()
    return odd or length > _LONGEST_ID - len(".json")


def _bad_id(source: str) -> Answer:
    return Answer(Kind.BAD_ITEM, code="bad_id", detail=detail_text("bad_id"), source=source)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
