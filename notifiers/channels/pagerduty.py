"""A service of PagerDuty: each alert is an incident of its own, opened, acknowledged and resolved with ours."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from consistency.channel_settings import PagerDutySettings
from consistency.masking import mask_value
from consistency.model import Level, utc_text
from consistency.one_line import one_line
from notifiers.channels.channel import CHAT_RETRIES, Outcome, RateWindow, Verdict
from notifiers.channels.http_post import Answer, HttpPost, json_body, token_key
from notifiers.channels.judging import by_status, no_form
from notifiers.channels.parts import ChannelParts
from notifiers.messages.message import AlertFact, Message, NoticeFact
from notifiers.messages.tone import graver_first

_SEVERITIES = {Level.LOW: "info", Level.MEDIUM: "warning", Level.HIGH: "error", Level.CRITICAL: "critical"}
_LONGEST_SUMMARY = 1024
_LONGEST_TEXT = 4000
_TAKEN = 202
_BAD = 400
_KEY_WORDS = ("routing_key", "routing key", "integration key", "integration_key")

Event = dict[str, Any]


class _Progress(BaseModel):
    """How many events of a message are done, and the first of them that PagerDuty would not take."""

    done: int = 0
    refused: str = ""


class PagerDuty:
    """See Channel. A message may be several events, in their order: `progress` says how far an attempt came."""

    windows: tuple[RateWindow, ...] = ()
    #: The older message may hold the only word that an incident is over.
    supersedes = False
    retries = CHAT_RETRIES

    def __init__(self, parts: ChannelParts[PagerDutySettings]) -> None:
        self._wording = parts.wording
        self._key = parts.settings.routing_key.get_secret_value()
        self._post = HttpPost(parts, self._key)
        self.limit_key = token_key("pagerduty", self._key)

    def send(self, message: Message, now: datetime, progress: str | None) -> Verdict:
        """One attempt at what is left of the message."""
        deadline, so_far = self._post.deadline(), _read(progress)
        events = list(self._events(message))
        verdict = Verdict(Outcome.OK, detail="" if events else "nothing in this message is grave enough to page for")
        for event in events[so_far.done :]:
            answer = self._post.post(json_body({"routing_key": self._key, **event}), deadline=deadline)
            verdict = answer if isinstance(answer, Verdict) else judged(answer, now)
            if verdict.outcome is Outcome.PERMANENT_MESSAGE:
                so_far = _Progress(done=so_far.done + 1, refused=so_far.refused or verdict.detail or verdict.code)
            elif verdict.outcome is Outcome.OK:
                so_far = _Progress(done=so_far.done + 1, refused=so_far.refused)
            else:
                return _stopped(verdict, so_far)
        return _ended(verdict, so_far, len(events))

    def close(self) -> None:
        """Close connections that are not in use."""
        self._post.close()

    def _events(self, message: Message) -> Iterator[Event]:
        if message.reason == "test":
            yield self._event("trigger", message.id, self._wording.title(message), message, Level.LOW, {})
            # Nothing is wrong, so nothing stays open.
            yield self._event("resolve", message.id)
            return
        for alert in message.alerts:
            key = f"{alert.fingerprint}:{alert.episode}"
            if alert.state == "resolved":
                yield self._event("resolve", key)
            else:
                yield self._alert("acknowledge" if alert.acked_by else "trigger", key, alert, message)
        if grave := [notice for notice in message.notices if notice.level in {Level.HIGH, Level.CRITICAL}]:
            yield self._happened(message, grave)

    def _alert(self, action: str, key: str, alert: AlertFact, message: Message) -> Event:
        shown = alert.model_dump(mode="json", exclude_defaults=True, exclude={"id", "fingerprint", "link", "state"})
        about = self._wording.phrases.about(message.service, [alert.rule] if alert.rule else [])
        summary = self._wording.phrases.titled(self._wording.headline(alert), about)
        event = self._event(action, key, summary, message, alert.level, shown)
        names = {"component": one_line(alert.rule), "class": one_line(alert.kind)}
        event["payload"] |= {"timestamp": utc_text(alert.since), **names}
        return event | ({"links": [{"href": alert.link, "text": summary[:100]}]} if alert.link else {})

    def _happened(self, message: Message, grave: Sequence[NoticeFact]) -> Event:
        """One incident for all, because nobody can do anything about each of many."""
        worst = min(grave, key=lambda notice: graver_first(notice.level))
        others = len(grave) - 1 + message.left_out
        more = self._wording.phrases.more_events(others) if others else ""
        said = f"{self._wording.happened(worst)}{more} ({worst.service})"
        return self._event("trigger", f"{message.id}:0", said, message, worst.level, worst.details)

    def _event(
        self,
        action: str,
        key: str,
        summary: str = "",
        message: Message | None = None,
        level: Level = Level.LOW,
        details: dict[str, Any] | None = None,
    ) -> Event:
        event: Event = {"event_action": action, "dedup_key": key}
        if message is None:
            return event
        own = {"text": self._wording.text(message, _LONGEST_TEXT)} if self._wording.template else {}
        event["payload"] = {
            "summary": one_line(summary, _LONGEST_SUMMARY),
            "source": one_line(message.service, _LONGEST_SUMMARY),
            "severity": _SEVERITIES[level],
            "custom_details": _shortened(mask_value({**(details or {}), **own})),
        }
        return event | {"client": "Reconcilery"}


def _shortened(value: Any) -> Any:
    """The value with no text in it that is too long, since PagerDuty takes no event of more than 512 KB."""
    if isinstance(value, dict):
        return {_shortened(key): _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value


def _read(progress: str | None) -> _Progress:
    try:
        return _Progress.model_validate_json(progress or "{}")
    except ValidationError:
        return _Progress()


def _stopped(verdict: Verdict, so_far: _Progress) -> Verdict:
    return Verdict(
        verdict.outcome,
        verdict.code,
        verdict.detail,
        wait=verdict.wait,
        pause=verdict.pause,
        reply=verdict.reply,
        progress=so_far.model_dump_json(),
    )


def _ended(verdict: Verdict, so_far: _Progress, events: int) -> Verdict:
    if so_far.refused:
        detail = one_line(f"PagerDuty refused one or more of {events} events: {so_far.refused}")
        return Verdict(Outcome.PERMANENT_MESSAGE, "HTTP 400", detail, reply=verdict.reply)
    return verdict


def judged(answer: Answer, now: datetime) -> Verdict:
    """202 is success; a 400 about the key concerns every message, any other this one alone."""
    if answer.status == _TAKEN:
        return answer.verdict(Outcome.OK, "HTTP 202")
    if answer.well:
        return no_form(answer)
    verdict = by_status(answer, now)
    said = _errors(answer)
    if answer.status == _BAD and any(word in said.lower() for word in _KEY_WORDS):
        detail = f"{said}; check the routing_key: it is the integration key of an Events API v2 integration"
        return answer.verdict(Outcome.PERMANENT_CHANNEL, verdict.code, detail)
    detail = said if said and verdict.outcome is Outcome.PERMANENT_MESSAGE else verdict.detail
    return answer.verdict(verdict.outcome, verdict.code, detail, wait=verdict.wait, pause=verdict.pause)


def _errors(answer: Answer) -> str:
    value = answer.value or {}
    errors = value.get("errors")
    listed = [str(each) for each in errors] if isinstance(errors, list) else []
    return "; ".join(listed) or str(value.get("message") or "")
