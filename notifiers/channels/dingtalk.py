"""A bot of a DingTalk group: signed, as Markdown or text."""

import hmac
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from consistency.channel_settings import DingTalkSettings
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import Answer, HttpPost, fitted_body, token_key
from notifiers.channels.judging import Meaning, by_code
from notifiers.channels.parts import ChannelParts
from notifiers.messages.markup import DINGTALK, PLAIN
from notifiers.messages.message import Message
from notifiers.messages.tone import tone_of

MOST_BYTES = 19_000
#: DingTalk takes nothing for ten minutes from a bot that has sent too much.
_PAUSE = timedelta(minutes=10)
_EVERYBODY = "all"
_CHANNEL, _MESSAGE = Outcome.PERMANENT_CHANNEL, Outcome.PERMANENT_MESSAGE
_NO_BOT = "there is no bot at this address; copy it anew from the group"
_MEANINGS = {
    -1: Meaning(Outcome.TRANSIENT),
    40035: Meaning(_MESSAGE),
    130101: Meaning(Outcome.RATE_LIMITED, pause=_PAUSE),
    300001: Meaning(_CHANNEL, _NO_BOT),
    310000: Meaning(
        _CHANNEL,
        "check the channel's secret and the clock, or the keywords and addresses that the bot is set up with",
    ),
    400013: Meaning(_CHANNEL, "the group is gone"),
    400101: Meaning(_CHANNEL, _NO_BOT),
    400102: Meaning(_CHANNEL, "the bot is switched off"),
    400105: Meaning(_MESSAGE),
    400106: Meaning(_CHANNEL, _NO_BOT),
    410100: Meaning(Outcome.RATE_LIMITED, pause=_PAUSE),
    430101: Meaning(_MESSAGE, "DingTalk takes a link in it for unsafe"),
    430102: Meaning(_MESSAGE, "DingTalk refuses its text"),
    430103: Meaning(_MESSAGE, "DingTalk refuses a picture in it"),
    460101: Meaning(_MESSAGE, "the message is larger than DingTalk takes"),
    430104: Meaning(_MESSAGE, "DingTalk refuses its content"),
}


def signature(secret: str, milliseconds: int) -> str:
    """As DingTalk wants it, not yet quoted: the moment and the secret, signed with the secret."""
    digest = hmac.digest(secret.encode(), f"{milliseconds}\n{secret}".encode(), "sha256")
    return b64encode(digest).decode()


class DingTalk:
    """See Channel."""

    windows = (RateWindow(18, 60.0),)
    supersedes = True
    retries = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[DingTalkSettings]) -> None:
        self._settings = parts.settings
        self._wording = parts.wording
        self._secret = parts.settings.secret.get_secret_value()
        self._post = HttpPost(parts, self._secret)
        self.limit_key = token_key("dingtalk", self._post.url)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:  # noqa: ARG002 - all goes at once
        """One attempt, signed with `now`."""
        query, secrets = self._signed(now)
        body = fitted_body(lambda room: self._content(message, room), MOST_BYTES)
        answer = self._post.post(body, query=query, secrets=secrets)
        return answer if isinstance(answer, Verdict) else judged(answer, now)

    def close(self) -> None:
        """Close connections that are not in use."""
        self._post.close()

    def _signed(self, now: datetime) -> tuple[str, list[str]]:
        if not self._secret:
            return "", []
        milliseconds = int(now.timestamp() * 1000)
        sign = signature(self._secret, milliseconds)
        return f"timestamp={milliseconds}&sign={quote(sign, safe='')}", [sign]

    def _content(self, message: Message, room: int) -> dict[str, Any]:
        mentioned = self._settings.mention if tone_of(message).calls else ()
        mobiles = [each for each in mentioned if each != _EVERYBODY]
        # Who is called has to stand in the text as well.
        calls = "".join(f" @{mobile}" for mobile in mobiles)
        at = {"at": {"atMobiles": mobiles, "isAtAll": _EVERYBODY in mentioned}}
        if self._settings.format == "text":
            return {"msgtype": "text", "text": {"content": self._wording.text(message, room, PLAIN) + calls}, **at}
        text = self._wording.text(message, room, DINGTALK) + (f"\n\n{calls.strip()}" if calls else "")
        return {"msgtype": "markdown", "markdown": {"title": self._wording.title(message), "text": text}, **at}


def judged(answer: Answer, now: datetime) -> Verdict:
    """By `errcode`."""
    return by_code(answer, now, _MEANINGS, codes=("errcode",), words=("errmsg",))
