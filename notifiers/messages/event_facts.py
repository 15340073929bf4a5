"""What our own events carry, read from a body that other services write as well, and the sentences made of it."""

from collections.abc import Mapping
from datetime import datetime

from consistency.events import TOLD_AS, Event, EventLevel
from consistency.model import parse_utc
from notifiers.messages.figures import figure
from notifiers.messages.message import NoticeFact, Window

#: These act for nobody.
_PROCESSES = {"worker", "schedule", "celery"}


class _Count(int):
    """`{:row}` is `1 row` or `1,412 rows`, and `{}` the number alone."""

    def __format__(self, what: str) -> str:
        many = "" if self == 1 or not what else "s"
        return f"{figure(int(self))} {what}{many}".rstrip()


class _Facts(dict[str, object]):
    """By name, for a sentence; what is not counted is 0."""

    def __missing__(self, name: str) -> object:
        return _Count(0)


def notice_of_event(event: Event, at: datetime, service: str = "") -> NoticeFact:
    """The event as people are told of it, by the product whose service that is; ValueError for a level that is none."""
    return NoticeFact(
        event_type=event.event_type,
        level=TOLD_AS[EventLevel(event.level)],
        service=event.service,
        rule="",
        message=event.message,
        at=at,
        body=event.body(),
        own_id=event.id if event.service == service else "",
    )


def sentence(notice: NoticeFact, sentences: Mapping[str, str]) -> str:
    """What has happened, by its type; empty if there is no sentence for that.

    The sentence under `TYPE by` is for what a person has done, that under `TYPE missing` for when some are missing.
    """
    facts = _Facts((name, _Count(value)) for name, value in notice.metrics.items() if isinstance(value, int))
    facts["by"] = by = word(notice, "by")
    known = {" by": by and by not in _PROCESSES, " missing": facts.get("missing"), "": True}
    found = (sentences.get(f"{notice.event_type}{more}") for more, is_so in known.items() if is_so)
    return next((each for each in found if each), "").format_map(facts)


def word(notice: NoticeFact, name: str) -> str:
    """A text of the event; empty if it has none."""
    value = notice.details.get(name)
    return value if isinstance(value, str) else ""


def window(notice: NoticeFact) -> Window | None:
    """The time that the event is about."""
    ends = notice.details.get("window")
    try:
        return (parse_utc(ends["start"]), parse_utc(ends["end"])) if isinstance(ends, Mapping) else None
    except (KeyError, ValueError, TypeError):
        return None


def exceeded(notice: NoticeFact) -> str:
    """`repair_cap = 100`: the setting that a plan is beyond."""
    limits = notice.details.get("exceeded")
    return ", ".join(f"{name} = {limit}" for name, limit in limits.items()) if isinstance(limits, Mapping) else ""
