"""The part of the demo's story that people hear of: the incident is told, and its end in the same thread."""

from datetime import timedelta
from typing import Any

from cli.up.demo import Demo
from cli.up.narrator import Narrator
from consistency.model import parse_utc

#: The event's own time has milliseconds only.
_ONE_LOOK = timedelta(milliseconds=1)

Event = dict[str, Any]


def tell_incident(narrator: Narrator, demo: Demo) -> None:
    """The alert is in the inbox, once, and the console was told the same."""
    told = narrator.until("people are told of the incident", lambda: _told(demo, "firing"))
    narrator.hold(len(_told(demo, "firing", reason="first")) == 1, "the inbox was told more than once that it began")
    _hold_console(narrator, told[0])
    narrator.step("Told", f"inbox: {told[0]['message']}")


def tell_end(narrator: Narrator, demo: Demo, run_id: str) -> None:
    """The same thread hears that it is over, and which repair has brought the outputs back."""
    began = _told(demo, "firing")[0]
    ended = narrator.until("people are told of the end", lambda: _told(demo, "resolved", repair=run_id))
    narrator.hold(_thread(ended[0]) == _thread(began), "the end was told in another thread than the beginning")
    _hold_console(narrator, ended[0])
    narrator.step("Told in the same thread", f"inbox: {ended[0]['message']}")


def firing(demo: Demo, heard: int) -> list[Event]:
    """What the inbox was told of missing outputs, after so many messages of any kind."""
    new = demo.inbox.messages()[heard:]
    return [event for event in _told(demo, "firing") if event in new]


def _told(demo: Demo, state: str, *, reason: str = "", repair: str = "") -> list[Event]:
    """The messages about missing outputs in that state; with a reason or a repair, only those that name it."""
    return [
        event
        for event in demo.inbox.messages()
        if any(_is(alert, state, repair) for alert in event["details"].get("alerts", ()))
        and (not reason or event["details"]["reason"] == reason)
    ]


def _is(alert: dict[str, Any], state: str, repair: str) -> bool:
    told = (alert["kind"], alert["state"]) == ("missing_outputs", state)
    return told and (not repair or (alert["repaired"] or {}).get("run_id") == repair)


def _thread(event: Event) -> str:
    return str(event["details"]["thread"])


def _hold_console(narrator: Narrator, event: Event) -> None:
    """Both channels hear of the same look at the group."""
    looked_at = parse_utc(event["timestamp"])

    def console() -> bool:
        sent = narrator.ask("notify", "list", "--channel", "console", "--state", "sent", "--limit", "1000")
        mine = (each for each in sent["deliveries"] if each["group_key"] == _thread(event))
        return any(abs(parse_utc(each["created_at"]) - looked_at) < _ONE_LOOK for each in mine)

    narrator.until("the console is told the same", console)
