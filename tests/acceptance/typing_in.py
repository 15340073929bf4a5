"""Code blocks of a page, executed as they stand in a process of their own, with local servers behind the addresses."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.command_line import Ended
from tests.acceptance.launching import PATIENCE_SECONDS, ROOT
from tests.servers.chats import Chats, chats
from tests.servers.mail import MailServer, mail_server
from tests.servers.talking import Request, Response, Talking, serving

PROGRAM = Path(__file__).with_name("blocks_program.py")
EXAMPLE = ROOT / "examples" / "data_sync"
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page: Path) -> list[str]:
    """The Python blocks of a page, in their order and letter by letter."""
    return _PYTHON.findall(page.read_text(encoding="utf-8"))


@dataclass
class Outside:
    """Who is told: a webhook, the bots of chats, a mail server."""

    chats: Chats
    mail: MailServer
    webhook_url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)

    def take(self, request: Request) -> Response:
        self.posted.append(request.json())
        return Response(204)

    def settings(self) -> dict[str, str]:
        """The environment of examples/data_sync/monitor_webhook_example.py."""
        return {
            "SLACK_WEBHOOK_URL": self.chats.url("slack"),
            "FEISHU_WEBHOOK_URL": self.chats.url("feishu"),
            "WEBHOOK_URL": self.webhook_url,
            "MAIL_TO": "oncall@example.com",
            "MAIL_FROM": "datasync@example.com",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.mail.port),
        }

    def texts(self) -> list[str]:
        """What the bot in Feishu was told."""
        return [taken["content"]["text"] for taken in self.chats.taken["feishu"]]


@contextmanager
def outside() -> Iterator[Outside]:
    """All of them for the time of the block; chats take as much as they get."""
    with ExitStack() as stack:
        found = Outside(stack.enter_context(chats()), stack.enter_context(mail_server()))
        found.chats.limits = dict.fromkeys(found.chats.limits, ())
        found.webhook_url = stack.enter_context(serving(Talking(found.take))).url
        yield found


def execute(blocks: Sequence[str], folder: Path, settings: Mapping[str, str]) -> Ended:
    """Type them in, in that folder; warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAM],
        input=json.dumps(blocks),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, EXAMPLE))), "PYTHONUTF8": "1", **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
