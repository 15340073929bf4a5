"""The attributes of CloudEvents 1.0 around an event, as headers of the unchanged body or as one JSON object."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from consistency.model import utc_text
from notifiers.messages.message import Message

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
#: The numbers that the extension for severity takes over from OpenTelemetry.
_SEVERITIES = {"info": 9, "warning": 13, "error": 17, "critical": 21}
#: What the HTTP binding lets stand: visible ASCII without the quotation mark and the percent sign.
_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


def dotted_type(event: Mapping[str, Any]) -> str:
    """`sync_failure` as `sync.failure`."""
    return str(event.get("event_type", "")).replace("_", ".")


def attributes(message: Message, event: Mapping[str, Any], prefix: str) -> dict[str, str | int]:
    """The attributes of a message's event; its type is `PREFIX.sync.failure.v1`."""
    level = str(event.get("level", "info"))
    found: dict[str, str | int] = {
        "specversion": "1.0",
        "id": message.id,
        "source": f"/reconcilery/{quote(message.service, safe='', errors='replace')}",
        "type": f"{prefix}.{dotted_type(event)}.v1",
        "time": utc_text(message.at),
        "severitytext": level.upper(),
        "severitynumber": _SEVERITIES.get(level, _SEVERITIES["info"]),
    }
    subject = _subject(message, event)
    return found | {"subject": subject} if subject else found


def headers(found: Mapping[str, str | int]) -> dict[str, str]:
    """The attributes of a body that is the event alone."""
    return {f"ce-{name}": quote(str(value), safe=_SAFE, errors="replace") for name, value in found.items()}


def structured(found: Mapping[str, str | int], event: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes and event in one object."""
    return {**found, "datacontenttype": "application/json", "data": event}


def _subject(message: Message, event: Mapping[str, Any]) -> str:
    """What it is about: one alert, one group of alerts, or one run."""
    if len(message.alerts) == 1:
        return f"alert/{message.alerts[0].id}"
    if message.alerts:
        return f"group/{message.thread}"
    details = event.get("details")
    run_id = details.get("run_id") if isinstance(details, dict) else None
    return f"run/{run_id}" if run_id else ""
