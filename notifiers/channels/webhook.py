"""A web address of anybody's: the event as its body, signed by Standard Webhooks, described by CloudEvents."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from consistency.channel_settings import WebhookSettings
from consistency.event_size import LARGEST_EVENT, fitted
from consistency.events import json_bytes
from consistency.retry_after import retry_after
from notifiers.channels import cloud_events
from notifiers.channels.channel import WEBHOOK_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import JSON_TYPE, Answer, HttpPost, token_key
from notifiers.channels.judging import by_status
from notifiers.channels.parts import ChannelParts
from notifiers.channels.standard_webhooks import signed_headers
from notifiers.messages.events import worded_event
from notifiers.messages.message import Message

#: The receiver is gone for good, or will never take anything of this size.
_LASTING = (410, 413)


class Webhook:
    """One receiver; redirects are never followed. Older events are told beside newer ones, for programs count them."""

    windows: tuple[RateWindow, ...] = ()
    supersedes = False
    retries: tuple[timedelta, ...] = WEBHOOK_RETRIES

    def __init__(self, parts: ChannelParts[WebhookSettings]) -> None:
        settings = parts.settings
        self._settings, self._wording = settings, parts.wording
        self._keys = [key for key in map(_plain, (settings.secret, settings.old_secret)) if key]
        self._headers = dict(_sendable(settings.headers))
        bare = [key.removeprefix("whsec_") for key in self._keys]
        self._post = HttpPost(parts, *self._keys, *bare, *_pieces(self._headers.values()))
        self.limit_key = token_key("webhook", self._post.url)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:  # noqa: ARG002 - it is all or nothing
        """One attempt, with the same id and body at each, and a signature of its own."""
        headers, body = self._request(message)
        signed = signed_headers(message.id, now, body, self._keys)
        secrets = signed.get("webhook-signature", "").replace("v1,", "").split()
        answer = self._post.post(body, headers=self._merged({**headers, **signed}), secrets=secrets)
        return _judged(answer, now) if isinstance(answer, Answer) else answer

    def close(self) -> None:
        self._post.close()

    def _request(self, message: Message) -> tuple[dict[str, str], bytes]:
        """The headers that describe the body, and the body."""
        event = worded_event(message, self._wording)
        found = cloud_events.attributes(message, event, self._settings.type_prefix)
        meta = {"id": message.id, "type": cloud_events.dotted_type(event)}
        match self._settings.body:
            case "cloudevents":
                room = LARGEST_EVENT - len(json_bytes(cloud_events.structured(found, {})))
                body = cloud_events.structured(found, fitted(event, room))
                return {"Content-Type": cloud_events.CONTENT_TYPE}, json_bytes(body)
            case "seed+meta":
                body = {**fitted(event, LARGEST_EVENT - len(json_bytes(meta))), **meta}
            case _:
                body = fitted(event)
        return {"Content-Type": JSON_TYPE, **cloud_events.headers(found)}, json_bytes(body)

    def _merged(self, ours: dict[str, str]) -> dict[str, str]:
        taken = {name.lower() for name in ours}
        return {**{name: value for name, value in self._headers.items() if name.lower() not in taken}, **ours}


def _plain(secret: Any) -> str:
    return str(secret.get_secret_value())


def _sendable(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        # The HTTP library writes text as Latin-1, of which these are the UTF-8 bytes.
        yield name, _plain(value).encode().decode("latin-1")


def _pieces(values: Any) -> Iterator[str]:
    """Header values and their words, such as the token of a bearer alone."""
    for value in values:
        yield from (value, *value.split()[1:])


def _judged(answer: Answer, now: datetime) -> Verdict:
    """Receivers are programs that are being mended: what one refuses today it may take tomorrow."""
    verdict = by_status(answer, now)
    refused = verdict.outcome in {Outcome.PERMANENT_CHANNEL, Outcome.PERMANENT_MESSAGE}
    if not refused or answer.status in _LASTING:
        return verdict
    return replace(verdict, outcome=Outcome.TRANSIENT, wait=retry_after(answer.headers.get("Retry-After"), now))
