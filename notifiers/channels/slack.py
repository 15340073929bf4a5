"""An incoming webhook of Slack, in blocks."""

from datetime import datetime
from typing import Any

from consistency.channel_settings import SlackSettings
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import Answer, HttpPost, json_body, token_key
from notifiers.channels.judging import by_status, no_form
from notifiers.channels.parts import ChannelParts
from notifiers.messages.fitting import chunks
from notifiers.messages.markup import SLACK
from notifiers.messages.message import Message
from notifiers.messages.tone import MARKS, tone_of

MOST_BYTES = 30_000
_MOST_IN_SECTION = 2900
_MOST_SECTIONS = 49
_LONGEST_HEADER = 150
_HINTS = {
    "channel_is_archived": "the Slack channel is archived",
    "channel_not_found": "the Slack channel is gone",
    "no_service": "the webhook was switched off or removed; make a new one",
    "no_service_id": "the address is not whole; copy it anew",
    "no_active_hooks": "the webhook was switched off; make a new one",
    "invalid_token": "the address is not a webhook of this workspace; copy it anew",
    "no_team": "the workspace is gone",
    "team_disabled": "the workspace is switched off",
    "action_prohibited": "an administrator does not allow it",
    "posting_to_general_channel_denied": "only some people may write to this channel",
    "user_not_found": "the person the webhook writes to is gone",
}


class Slack:
    """See Channel."""

    windows = (RateWindow(1, 1.0),)
    supersedes = True
    retries = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[SlackSettings]) -> None:
        self._wording = parts.wording
        self._post = HttpPost(parts)
        self.limit_key = token_key("slack", self._post.url)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:  # noqa: ARG002 - all goes at once
        """One attempt."""
        answer = self._post.post(json_body(self._content(message)))
        return answer if isinstance(answer, Verdict) else judged(answer, now)

    def close(self) -> None:
        """Close connections that are not in use."""
        self._post.close()

    def _content(self, message: Message) -> dict[str, Any]:
        title = f"{MARKS[tone_of(message)]} {self._wording.title(message)}"
        header = {"type": "plain_text", "text": _short(title), "emoji": False}
        parts = self._wording.parts(message, MOST_BYTES, SLACK)
        sections = [text for part in parts for text in chunks(part, _MOST_IN_SECTION) if text.strip()][:_MOST_SECTIONS]
        # Verbatim: Slack makes no links and calls nobody of its own accord.
        return {
            # What a notification shows, and who has no blocks.
            "text": SLACK.escape(title),
            "unfurl_links": False,
            "blocks": [
                {"type": "header", "text": header},
                *({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}} for text in sections),
            ],
        }


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_HEADER else f"{title[: _LONGEST_HEADER - 1]}…"


def judged(answer: Answer, now: datetime) -> Verdict:
    """By the word that Slack answers with, else by the status."""
    word = answer.text.strip()
    if answer.well:
        return answer.verdict(Outcome.OK, "ok") if word == "ok" else no_form(answer)
    if word in _HINTS:
        return answer.verdict(Outcome.PERMANENT_CHANNEL, word, _HINTS[word])
    verdict = by_status(answer, now)
    named = word if word.isascii() and word.replace("_", "").isalnum() and len(word) <= 60 else verdict.code  # noqa: PLR2004 - a word, not a page
    return answer.verdict(verdict.outcome, named, verdict.detail, wait=verdict.wait, pause=verdict.pause)
