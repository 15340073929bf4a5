"""Events that receivers can take: what is too long loses details first, and says so by `truncated`."""

from bisect import bisect_right
from typing import Any

from consistency.events import json_bytes

LARGEST_EVENT = 20_000
_LONGEST_TEXT = 500


def fitted(event: dict[str, Any], limit: int = LARGEST_EVENT) -> dict[str, Any]:
    """The very event if its JSON has at most `limit` bytes, otherwise one that has, with less in it.

    The longest lists of the details are shortened from their ends, then the largest details left out; numbers and
    the long texts of an event that is still too large come last.
    """
    if _size(event) <= limit:
        return event
    details = event.get("details")
    cut = {**event, "details": {**(details if isinstance(details, dict) else {}), "truncated": True}}
    for make_smaller in (_shorten_lists, _leave_out_details, _keep_the_seven):
        cut = make_smaller(cut, limit)
        if _size(cut) <= limit:
            break
    return cut


def _size(value: Any) -> int:
    return len(json_bytes(value))


def _shorten_lists(event: dict[str, Any], limit: int) -> dict[str, Any]:
    details = event["details"]
    lists = sorted(
        (name for name in details if isinstance(details[name], list)), key=lambda name: -_size(details[name])
    )
    for name in lists:
        event = _with_fewer(event, name, limit)
        if _size(event) <= limit:
            break
    return event


def _with_fewer(event: dict[str, Any], name: str, limit: int) -> dict[str, Any]:
    """With as many items of that list as fit, and with none when not even those do."""
    details = event["details"]

    def with_first(count: int) -> dict[str, Any]:
        return {**event, "details": {**details, name: details[name][:count]}}

    too_many = bisect_right(range(len(details[name]) + 1), limit, key=lambda count: _size(with_first(count)))
    return with_first(max(0, too_many - 1))


def _leave_out_details(event: dict[str, Any], limit: int) -> dict[str, Any]:
    details = dict(event["details"])
    names = [name for name in details if name != "truncated"]
    for name in sorted(names, key=lambda name: -_size(details[name])):
        if _size({**event, "details": details}) <= limit:
            break
        del details[name]
    return {**event, "details": details}


def _keep_the_seven(event: dict[str, Any], limit: int) -> dict[str, Any]:
    names = ("timestamp", "event_type", "level", "service", "message")
    texts = {name: str(event.get(name, ""))[: min(_LONGEST_TEXT, limit // 40)] for name in names}
    return {**texts, "details": {"truncated": True}, "metrics": {}}
