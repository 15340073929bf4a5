"""The local RunningHub as a process of its own, told and asked over HTTP: the same rules, without our interpreter."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent.parent
KEY = "local-key"


class RemoteRunningHub:
    """As RunningHubServer: `rule`, `seen`, `url`, `key`; also `manner` and `forget`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = KEY

    def rule(self, do: str, **more: Any) -> None:
        """See RunningHubServer.rule."""
        self._post("rule", {"do": do, **more})

    def manner(self, **fields: Any) -> None:
        """Other values for fields of Manner, from the next request on."""
        self._post("manner", fields)
        self.key = fields.get("key", self.key)

    def forget(self) -> None:
        """Neither rules nor counts from here on."""
        self._post("forget", {})

    def seen(self) -> dict[str, dict[str, int]]:
        """What was asked; see Book.seen."""
        found: dict[str, dict[str, int]] = self._post("seen", {})
        return found

    def _post(self, what: str, body: dict[str, Any]) -> Any:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("POST", f"/admin/{what}", json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def runninghub_process(**manner: Any) -> Iterator[RemoteRunningHub]:
    """A server process for the time of the block; the arguments are fields of Manner."""
    command = [sys.executable, "-m", "tests.servers.runninghub", "--manner", json.dumps(manner)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            ready = server.stdout.readline().split()
            assert ready[:1] == ["READY"], "the local RunningHub did not start"
            hub = RemoteRunningHub(ready[1])
            hub.key = manner.get("key", KEY)
            yield hub
        finally:
            server.terminate()
            server.wait()
