"""Messages sent by every kind of chat to the local server of chats."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from notifiers.channels.channel import Channel, Verdict
from tests.factories.channels import a_channel
from tests.factories.messages import a_message
from tests.servers.chat_protocols import SLACK_PATH, TOKEN
from tests.servers.chats import Chats

NOW = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
KINDS = ("feishu", "lark", "dingtalk", "wecom", "slack", "pagerduty")
SECRET = "SEC0f1e2d3c4b5a69788796a5b4c3d2e1f0"
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
#: What must never be seen outside, in any form.
HIDDEN = (TOKEN, SECRET, ROUTING_KEY, SLACK_PATH.rpartition("/")[2])


@contextmanager
def a_chat(server: Chats, kind: str, **more: Any) -> Iterator[Channel]:
    """A channel of that kind that speaks to the server, which may lie here."""
    own = {"routing_key": ROUTING_KEY} if kind == "pagerduty" else {}
    with a_channel(**{"kind": kind, "url": server.url(kind), "inner": True, **own, **more}) as channel:
        yield channel


def sent(server: Chats, kind: str, *told: Any, at: datetime = NOW, **more: Any) -> Verdict:
    """The verdict on one message."""
    with a_chat(server, kind, **more) as channel:
        return channel.send(a_message(*told), at, None)
