"""The log as a channel: always there, and the only one as long as nothing is set up."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from consistency.channel_settings import ConsoleSettings
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import token_key
from notifiers.channels.parts import ChannelParts
from notifiers.messages.events import event_of
from notifiers.messages.message import Message

LARGEST_TEXT = 20_000
#: By what the level is called in an event, where all that is resolved is `info`.
_LEVELS: Mapping[str, int] = {
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
log = structlog.get_logger(__name__)


class Console:
    """One line of the log for each message, at a level that fits, with the text that a chat would get."""

    windows: tuple[RateWindow, ...] = ()
    supersedes = False
    retries: tuple[timedelta, ...] = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[ConsoleSettings]) -> None:
        self._name, self._wording, self._outbound = parts.name, parts.wording, parts.outbound
        self.limit_key = token_key("console", parts.name)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:  # noqa: ARG002 - a log has its own clock
        """Always taken."""
        level = str(event_of(message)["level"])
        log.log(
            _LEVELS.get(level, logging.WARNING),
            "message.told",
            title=self._wording.title(message),
            channel=self._name,
            reason=message.reason,
            service=message.service,
            rule=message.rule,
            message_id=message.id,
            firing=len(message.firing),
            resolved=len(message.resolved),
            text=self._wording.text(message, LARGEST_TEXT),
        )
        return Verdict(Outcome.OK, "logged")

    def close(self) -> None:
        self._outbound.close()
