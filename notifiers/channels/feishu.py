"""A bot of a Feishu or Lark group: signed, as card, rich text or text."""

import hmac
import re
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

from consistency.channel_settings import FeishuSettings
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import Answer, HttpPost, fitted_body, token_key
from notifiers.channels.judging import RETRY_AFTER, Meaning, by_code
from notifiers.channels.parts import ChannelParts
from notifiers.messages.markup import LARK, TAGGED
from notifiers.messages.message import Message
from notifiers.messages.tone import Tone, tone_of

MOST_BYTES = 20_000
_PAUSE = timedelta(seconds=65)
_COLOURS = {
    Tone.CRITICAL: "red",
    Tone.HIGH: "orange",
    Tone.MEDIUM: "yellow",
    Tone.LOW: "blue",
    Tone.RESOLVED: "green",
    Tone.CALM: "grey",
}
_LOCALES = {"en": "en_us", "zh": "zh_cn"}
_NO_ID = re.compile(r"[^\w@.+-]")
_MEANINGS = {
    9499: Meaning(Outcome.PERMANENT_MESSAGE, "the message is larger than Feishu takes, or not of its form"),
    11232: Meaning(Outcome.RATE_LIMITED, pause=_PAUSE),
    19001: Meaning(Outcome.PERMANENT_CHANNEL, "there is no bot at this address; copy it anew from the group"),
    19002: Meaning(Outcome.PERMANENT_MESSAGE),
    19021: Meaning(Outcome.PERMANENT_CHANNEL, "check the channel's secret, and whether the clock is right"),
    19022: Meaning(Outcome.PERMANENT_CHANNEL, "add this machine's address to those that the bot allows"),
    19024: Meaning(Outcome.PERMANENT_CHANNEL, "the bot wants a keyword: take it away there, or use a template with it"),
    19036: Meaning(Outcome.PERMANENT_MESSAGE, "the message is larger than Feishu takes"),
    99991400: Meaning(Outcome.RATE_LIMITED, pause=_PAUSE),
}


def signature(secret: str, timestamp: int) -> str:
    """As Feishu wants it: the key is the moment and the secret, and nothing is signed with it."""
    digest = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", "sha256")
    return b64encode(digest).decode()


class Feishu:
    """See Channel."""

    windows = (RateWindow(5, 1.0), RateWindow(100, 60.0))
    supersedes = True
    retries = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[FeishuSettings]) -> None:
        self._settings = parts.settings
        self._wording = parts.wording
        self._secret = parts.settings.secret.get_secret_value()
        self._post = HttpPost(parts, self._secret)
        self._mentioned = [_NO_ID.sub("", each) for each in parts.settings.mention]
        self.limit_key = token_key("feishu", self._post.url)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:  # noqa: ARG002 - all goes at once
        """One attempt, signed with `now`."""
        signed, secrets = self._signed(now)
        body = fitted_body(lambda room: {**signed, **self._content(message, room)}, MOST_BYTES)
        answer = self._post.post(body, secrets=secrets)
        return answer if isinstance(answer, Verdict) else judged(answer, now)

    def close(self) -> None:
        """Close connections that are not in use."""
        self._post.close()

    def _signed(self, now: datetime) -> tuple[dict[str, str], list[str]]:
        if not self._secret:
            return {}, []
        timestamp = int(now.timestamp())
        sign = signature(self._secret, timestamp)
        return {"timestamp": str(timestamp), "sign": sign}, [sign]

    def _content(self, message: Message, room: int) -> dict[str, Any]:
        mentioned = self._mentioned if tone_of(message).calls else []
        if self._settings.format == "text":
            calls = "".join(f' <at user_id="{each}"></at>' for each in mentioned)
            return {"msg_type": "text", "content": {"text": self._wording.text(message, room, TAGGED) + calls}}
        if self._settings.format == "post":
            return {"msg_type": "post", "content": {"post": self._post_of(message, room, mentioned)}}
        return {"msg_type": "interactive", "card": self._card(message, room, mentioned)}

    def _post_of(self, message: Message, room: int, mentioned: list[str]) -> dict[str, Any]:
        lines = "\n\n".join(self._wording.parts(message, room, TAGGED)).split("\n")
        paragraphs: list[list[dict[str, str]]] = [[{"tag": "text", "text": line}] for line in lines]
        paragraphs += [[{"tag": "at", "user_id": each} for each in mentioned]] if mentioned else []
        title = TAGGED.escape(self._wording.title(message))
        return {_LOCALES[self._settings.language]: {"title": title, "content": paragraphs}}

    def _card(self, message: Message, room: int, mentioned: list[str]) -> dict[str, Any]:
        parts = list(self._wording.parts(message, room, LARK))
        parts += [" ".join(f"<at id={each}></at>" for each in mentioned)] if mentioned else []
        title = {"tag": "plain_text", "content": self._wording.title(message)}
        return {
            "config": {"wide_screen_mode": True},
            "header": {"template": _COLOURS[tone_of(message)], "title": title},
            "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": part}} for part in parts],
        }


def judged(answer: Answer, now: datetime) -> Verdict:
    """By `code`, or by `StatusCode` as older answers have it."""
    return by_code(
        answer,
        now,
        _MEANINGS,
        codes=("code", "StatusCode"),
        words=("msg", "StatusMessage"),
        wait_headers=("x-ogw-ratelimit-reset", *RETRY_AFTER),
    )
