"""What an answer means: by the provider's own code where there is one, by the HTTP status otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consistency.retry_after import retry_after
from notifiers.channels.channel import Outcome, Verdict
from notifiers.channels.http_post import Answer

#: Where it stands how long to wait.
RETRY_AFTER = ("Retry-After",)
_TOO_MANY = 429
_FAILED_FROM = 500
_PASSING = (408, 425)
_MOVED_FOR_GOOD = (301, 308)
_REDIRECTS = range(300, 400)
#: What the address or the key is refused with, rather than this one message.
_CLOSED = (401, 402, 403, 404, 405, 407, 410)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a provider's code comes to, and what a person can do about it."""

    outcome: Outcome
    hint: str = ""
    pause: timedelta | None = None


def by_status(answer: Answer, now: datetime, wait_headers: Sequence[str] = RETRY_AFTER) -> Verdict:
    """What the HTTP status alone says."""
    code, wait = f"HTTP {answer.status}", _wait(answer, now, wait_headers)
    if answer.well:
        return answer.verdict(Outcome.OK, code)
    if answer.status == _TOO_MANY:
        return answer.verdict(Outcome.RATE_LIMITED, code, "asked too often", wait=wait, pause=wait)
    if answer.status >= _FAILED_FROM or answer.status in _PASSING:
        return answer.verdict(Outcome.TRANSIENT, code, f"{answer.host} failed with {code}", wait=wait)
    if answer.status in _REDIRECTS:
        lasting = answer.status in _MOVED_FOR_GOOD
        outcome = Outcome.PERMANENT_CHANNEL if lasting else Outcome.TRANSIENT
        return answer.verdict(outcome, code, f"{answer.host} sends us on to another address, which is not followed")
    if answer.status in _CLOSED:
        return answer.verdict(Outcome.PERMANENT_CHANNEL, code, f"{answer.host} refuses this address or key with {code}")
    return answer.verdict(Outcome.PERMANENT_MESSAGE, code, f"{answer.host} refuses this message with {code}")


def by_code(
    answer: Answer,
    now: datetime,
    meanings: Mapping[int, Meaning],
    *,
    codes: Sequence[str],
    words: Sequence[str],
    wait_headers: Sequence[str] = RETRY_AFTER,
) -> Verdict:
    """What the code in the JSON body says, which stands under the first of `codes` that is there; 0 is success."""
    value = answer.value or {}
    code = next((_number(value[name]) for name in codes if name in value), None)
    if code is None:
        return no_form(answer) if answer.well else by_status(answer, now, wait_headers)
    if code == 0:
        return answer.verdict(Outcome.OK, "0") if answer.well else by_status(answer, now, wait_headers)
    said = next((str(value[name]) for name in words if value.get(name)), "")
    wait = _wait(answer, now, wait_headers)
    if meaning := meanings.get(code):
        detail = "; ".join(text for text in (said, meaning.hint) if text)
        held = max((span for span in (wait, meaning.pause) if span is not None), default=None)
        pause = held if meaning.outcome is Outcome.RATE_LIMITED else None
        return answer.verdict(meaning.outcome, code, detail, wait=held, pause=pause)
    if answer.status == _TOO_MANY or answer.status >= _FAILED_FROM:
        return by_status(answer, now, wait_headers)
    return answer.verdict(Outcome.UNKNOWN, code, said or f"{answer.host} answered with code {code}")


def no_form(answer: Answer) -> Verdict:
    """A success by its status whose body is not what the provider says: a gateway or a login page has answered."""
    text = answer.text.lstrip()
    if not text:
        return answer.verdict(Outcome.TRANSIENT, "empty", f"{answer.host} gave an empty answer")
    kind, what = ("html", "a web page") if text.startswith("<") else ("not_json", "no answer of the usual form")
    return answer.verdict(Outcome.TRANSIENT, kind, f"{answer.host} gave {what}, so nobody knows whether it was taken")


def _wait(answer: Answer, now: datetime, names: Sequence[str]) -> timedelta | None:
    return next((wait for name in names if (wait := retry_after(answer.headers.get(name), now)) is not None), None)


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(str(value))
    except ValueError:
        return None
