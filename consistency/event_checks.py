"""Whether something is an event; what is wrong with it is said in one line that names the key and the fix."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from consistency.errors import BadEvent
from consistency.event_ids import EVENT_ID, new_event_id
from consistency.event_size import fitted
from consistency.events import (
    KEYS,
    OWN_TYPES,
    Draft,
    Event,
    EventLevel,
    EventType,
    WrittenEvent,
    event_time,
    json_bytes,
    strict_text,
)
from consistency.json_faults import DEEPEST, json_fault, shown
from consistency.setting_sources import did_you_mean

#: What an event may have in bytes where it is kept; what is longer loses details first.
LARGEST_KEPT = 65_536
LONGEST_MESSAGE = 4_000
_SERVICE = re.compile(r"[^\W_][\w .:/@-]{0,99}")
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def check_type_name(name: object) -> str:
    """A name that a type may have; BadEvent otherwise."""
    text = name.lower() if isinstance(name, str) else ""
    if not _TYPE.fullmatch(text):
        raise BadEvent(
            f"event_type: {shown(name)} is no name of a type; write words like disk_swapped, at most 64 characters"
        )
    return text


def check_type(name: object, custom: Collection[str] = ()) -> str:
    """The type in lower case; BadEvent, which names the known ones, for any other."""
    found = name.lower() if isinstance(name, str) else ""
    if found in _TYPES or (found in custom and found not in OWN_TYPES):
        return found
    if found in OWN_TYPES:
        raise BadEvent(f"event_type: {shown(name)} is for events of Reconcilery itself; choose another name")
    known = [*_TYPES, *sorted(custom)]
    raise BadEvent(
        f"event_type: {shown(name)} is unknown{did_you_mean(found, known)}; known are {', '.join(known)};"
        " others are registered by register_event_type and in the setting event_types"
    )


def check_wanted_type(name: object, custom: Collection[str] = ()) -> str:
    """The same for whoever asks for events: those of the product itself are known as well."""
    found = name.lower() if isinstance(name, str) else ""
    return found if found in OWN_TYPES else check_type(name, custom)


def check_level(level: object) -> str:
    """The level in lower case; BadEvent, which names the allowed ones, for any other."""
    found = level.lower() if isinstance(level, str) else ""
    if found not in _LEVELS:
        raise BadEvent(f"level: {shown(level)} is unknown; allowed are {', '.join(_LEVELS)}")
    return found


def check_service(name: object) -> str:
    """A service's name; BadEvent for one with characters that would not survive headers and file names."""
    if not isinstance(name, str) or not _SERVICE.fullmatch(name):
        raise BadEvent(
            f"service: {shown(name)} is no name of a service; use 1 to 100 letters, digits, spaces and . _ - : / @,"
            " a letter or digit first"
        )
    return name


def check_message(message: object) -> str:
    """The message, cut to 4,000 characters; BadEvent if it is no text."""
    if not isinstance(message, str):
        raise BadEvent(f"message: {shown(message)} is no text")
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"


def check_time(moment: object) -> str:
    """A moment as events write it, from an aware datetime or text with a zone; BadEvent for a naive one."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise BadEvent(f"timestamp: {shown(moment)} is no moment; write 2025-08-29T10:30:00.000Z") from None
    if not isinstance(moment, datetime):
        raise BadEvent(f"timestamp: {shown(moment)} is no moment; give an aware datetime")
    if moment.utcoffset() is None:
        raise BadEvent(f"timestamp: {shown(moment.isoformat())} has no time zone; add one, such as datetime.now(UTC)")
    try:
        return event_time(moment)
    except OverflowError:
        raise BadEvent(f"timestamp: {shown(moment.isoformat())} is no moment in UTC") from None


def check_table(name: str, table: object) -> dict[str, Any]:
    """Details or metrics: an object with text for keys; BadEvent otherwise. What is in it is checked by `seal`."""
    if table is None:
        return {}
    # Almost always; and that something is a Mapping takes longer to find out.
    if isinstance(table, dict) or isinstance(table, Mapping):  # noqa: SIM101 - asked one after the other
        return dict(table)
    raise BadEvent(f"{name}: {shown(table)} is no object; give a dict")


def seal(event: Event) -> WrittenEvent:
    """The event as it travels, in at most 64 KiB, with `truncated` if details had to go; BadEvent if it is no JSON."""
    return sealed(draft(event))


def draft(event: Event) -> Draft:
    """As much of writing it as has to happen while its sender waits; BadEvent for what is no JSON."""
    try:
        tables = strict_text({"details": event.details, "metrics": event.metrics})
    except (TypeError, ValueError, RecursionError):
        raise BadEvent(_fault(event) or "details: they hold themselves; give plain values") from None
    # What has no more brackets than that cannot be nested deeper.
    if tables.count("[") + tables.count("{") > DEEPEST and (fault := _fault(event)):
        raise BadEvent(fault)
    return Draft(event.id, event.timestamp, event.event_type, event.level, event.service, event.message, tables)


def _fault(event: Event) -> str:
    faults = (json_fault(name, getattr(event, name)) for name in ("details", "metrics"))
    return next(filter(None, faults), "")


def sealed(found: Draft) -> WrittenEvent:
    """The event as it travels, in at most 64 KiB, with `truncated` if details had to go."""
    written = found.write()
    if len(written.body) <= LARGEST_KEPT:
        return written
    return WrittenEvent(written.id, json_bytes(fitted(written.read().body(), LARGEST_KEPT)))


def event_of_object(found: object, custom: Collection[str] = ()) -> Event:
    """The event of a JSON object with the seven keys and perhaps an `id`; BadEvent for the first key that is wrong.

    Without an id it gets a new one, without a timestamp that of now.
    """
    if not isinstance(found, Mapping):
        raise BadEvent(f"event: {shown(found)} is no object; give one with the keys {', '.join(KEYS)}")
    if unknown := sorted(str(key) for key in found if key not in {*KEYS, "id"}):
        raise BadEvent(f"{unknown[0][:60]}: no event has this key; known are {', '.join(KEYS)} and id")
    if absent := [name for name in ("event_type", "level", "service", "message") if name not in found]:
        raise BadEvent(f"{absent[0]}: it is missing")
    return Event(
        timestamp=check_time(found.get("timestamp") or datetime.now(UTC)),
        event_type=check_type(found["event_type"], custom),
        level=check_level(found["level"]),
        service=check_service(found["service"]),
        message=check_message(found["message"]),
        details=check_table("details", found.get("details")),
        metrics=check_table("metrics", found.get("metrics")),
        id=check_id(found.get("id")),
    )


def check_id(name: object) -> str:
    """The id, or a new one for None; BadEvent for one that is too long or has odd characters."""
    if name is None:
        return new_event_id()
    if not isinstance(name, str) or not EVENT_ID.fullmatch(name):
        raise BadEvent(f"id: {shown(name)} is no id; use at most 64 letters, digits and . _ : -")
    return name


_TYPES = tuple(str(each) for each in EventType)
_LEVELS = tuple(str(each) for each in EventLevel)
