"""The demo's inbox: a local webhook that keeps what the studio's people are told."""

import base64
import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.up.ports import LOCALHOST, free_port
from cli.up.service import Service
from cli.up.services import http_answers


@dataclass(frozen=True)
class Inbox:
    """Where it keeps its messages; its key is made anew for each demo."""

    program: Path
    file: Path
    port: int = field(default_factory=free_port)
    key: str = field(default_factory=lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(), repr=False)

    @property
    def url(self) -> str:
        return f"http://{LOCALHOST}:{self.port}"

    def environment(self) -> Mapping[str, str]:
        """The settings under which the product tells the inbox, and the console beside it."""
        channels = {
            "console": {"kind": "console"},
            "inbox": {"kind": "webhook", "url": f"{self.url}/alerts", "secret": self.key, "inner": True},
        }
        # A story of one minute cannot wait until a flood is over.
        route = {"id": "studio", "receivers": list(channels), "quiet": "1s", "cap": "5s", "group_interval": "5s"}
        return {"RECONCILERY_CHANNELS": json.dumps(channels), "RECONCILERY_ROUTES": json.dumps([route])}

    def service(self) -> Service:
        return Service(
            name="inbox",
            command=(sys.executable, str(self.program), str(self.port), str(self.file)),
            url=self.url,
            environment={"INBOX_KEY": self.key},
            ready=lambda _: http_answers(self.port, "/"),
        )

    def messages(self) -> list[dict[str, Any]]:
        """What has come in so far, oldest first."""
        lines = self.file.read_text("utf-8").splitlines() if self.file.exists() else []
        return [json.loads(line) for line in lines]
