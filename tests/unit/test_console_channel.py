"""The log as a channel: one line at the level of what is told, with its text."""

from datetime import UTC, datetime

import pytest
import structlog

from consistency.model import Level
from consistency.settings import Settings
from notifiers.channels.channel import Outcome
from notifiers.channels.choosing import Channels
from notifiers.messages.message import Message
from tests.factories.messages import AT, a_message, a_notice, an_alert

NOW = datetime(2026, 9, 16, 4, 0, tzinfo=UTC)
#: What is told, and the level of its line.
CASES: list[tuple[Message, str]] = [
    (a_message(an_alert(level=Level.LOW)), "info"),
    (a_message(an_alert(level=Level.MEDIUM)), "warning"),
    (a_message(an_alert(level=Level.HIGH)), "error"),
    (a_message(an_alert(level=Level.CRITICAL)), "critical"),
    (a_message(an_alert(level=Level.CRITICAL, state="resolved", until=AT)), "info"),
    (a_message(a_notice()), "info"),
    # A level that nobody knows is looked at.
    (a_message(a_notice({"level": "loud"})), "warning"),
]


@pytest.mark.parametrize(("message", "level"), CASES)
def test_a_message_is_one_line_at_its_level(message: Message, level: str) -> None:
    channel = Channels(Settings()).channel("console")
    with structlog.testing.capture_logs() as lines:
        assert channel.send(message, NOW, None).outcome is Outcome.OK
    (line,) = lines
    assert (line["event"], line["log_level"], line["channel"]) == ("message.told", level, "console")
    assert line["message_id"] == message.id
    assert line["title"] in line["text"]
    channel.close()
