"""A bot of a WeCom group, as Markdown or text."""

from datetime import datetime, timedelta
from typing import Any

from consistency.channel_settings import WeComSettings
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import Answer, HttpPost, json_body, token_key
from notifiers.channels.judging import Meaning, by_code
from notifiers.channels.parts import ChannelParts
from notifiers.messages.markup import PLAIN, WECOM
from notifiers.messages.message import Message

#: Of the text itself, whatever it takes as JSON.
MOST_TEXT, MOST_MARKDOWN = 2048, 4096
_PAUSE = timedelta(seconds=65)
_MEANINGS = {
    -1: Meaning(Outcome.TRANSIENT),
    6000: Meaning(Outcome.TRANSIENT),
    40008: Meaning(Outcome.PERMANENT_MESSAGE),
    40058: Meaning(Outcome.PERMANENT_MESSAGE),
    44004: Meaning(Outcome.PERMANENT_MESSAGE),
    45002: Meaning(Outcome.PERMANENT_MESSAGE),
    45009: Meaning(Outcome.RATE_LIMITED, pause=_PAUSE),
    45033: Meaning(Outcome.RATE_LIMITED, pause=_PAUSE),
    93000: Meaning(Outcome.PERMANENT_CHANNEL, "there is no bot at this address; copy it anew from the group"),
}


class WeCom:
    """See Channel."""

    windows = (RateWindow(18, 60.0),)
    supersedes = True
    retries = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[WeComSettings]) -> None:
        self._format = parts.settings.format
        self._wording = parts.wording
        self._post = HttpPost(parts)
        self.limit_key = token_key("wecom", self._post.url)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:  # noqa: ARG002 - all goes at once
        """One attempt."""
        answer = self._post.post(json_body(self._content(message)))
        return answer if isinstance(answer, Verdict) else judged(answer, now)

    def close(self) -> None:
        """Close connections that are not in use."""
        self._post.close()

    def _content(self, message: Message) -> dict[str, Any]:
        if self._format == "text":
            return {"msgtype": "text", "text": {"content": self._wording.text(message, MOST_TEXT, PLAIN)}}
        return {"msgtype": "markdown", "markdown": {"content": self._wording.text(message, MOST_MARKDOWN, WECOM)}}


def judged(answer: Answer, now: datetime) -> Verdict:
    """By `errcode`."""
    return by_code(answer, now, _MEANINGS, codes=("errcode",), words=("errmsg",))
