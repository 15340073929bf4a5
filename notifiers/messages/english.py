"""Messages in English."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from consistency.model import Level
from notifiers.messages.english_events import ENGLISH_EVENTS
from notifiers.messages.event_facts import sentence, word
from notifiers.messages.figures import figure, in_one_unit, percent, share
from notifiers.messages.message import AlertFact, Mostly, NoticeFact, Onset, Repaired
from notifiers.messages.phrases import MOST_RULES

_REASONS = {
    "repeat": "It still goes on.",
    "escalated": "Nobody has taken this on yet.",
    "severity_up": "It has become worse.",
    "new_alerts": "More has come up.",
    "unsilenced": "The silence is over, and it still goes on.",
    "reopened": "It is back.",
    "flapping": "It comes and goes; you hear of it again when it stays as it is.",
    "ack_expired": "It was taken on, but it still goes on.",
    "test": "If you can read this, the channel works. Nothing is wrong.",
}

_NAMES = {
    "rule": "Rule",
    "check": "Check",
    "source": "Source",
    "channel": "Channel",
    "service": "Service",
    "outputs": "Outputs",
    "numbers": "Numbers",
    "window": "Window",
    "since": "Since",
    "lasted": "Lasted",
    "trouble": "It says",
    "mostly": "Mostly",
    "onset": "Fell",
    "top": "Tasks",
    "repair": "Repair",
    "state": "State",
    "reason": "Why",
    "exceeded": "Beyond",
    "take_on": "Take it on",
    "run": "Run",
    "fix": "Next",
    "command": "Next",
    "undo": "Undo",
    "link": "Details",
    "at": "At",
}


class English:
    """See Phrases."""

    colon = ": "
    listing = ", "
    levels: Mapping[Level, str] = MappingProxyType(
        {Level.LOW: "Low", Level.MEDIUM: "Medium", Level.HIGH: "High", Level.CRITICAL: "Critical"}
    )
    checks: Mapping[str, str] = MappingProxyType({})
    sources: Mapping[str, str] = MappingProxyType({})
    names: Mapping[str, str] = MappingProxyType(_NAMES)

    def about(self, service: str, rules: Sequence[str]) -> str:
        if len(rules) > MOST_RULES:
            return f"{service}, {figure(len(rules))} rules"
        return f"{service}, {'rule' if len(rules) == 1 else 'rules'} {self.listing.join(rules)}" if rules else service

    def titled(self, what: str, about: str) -> str:
        return f"{what} ({about})"

    def wrong(self, alert: AlertFact, zone: ZoneInfo) -> str:
        del zone
        numbers, check = alert.numbers, alert.labels.get("check", "")
        if alert.kind == "missing_outputs" and {"missing", "tasks"} <= numbers.keys():
            have = "has" if numbers["missing"] == 1 else "have"
            return f"{figure(numbers['missing'])} of {figure(numbers['tasks'])} tasks {have} no output"
        if alert.kind == "checker_silent" and check:
            return f"the {check} check has gone silent"
        if alert.kind == "channel_broken" and "channel" in alert.labels:
            return f"the channel {alert.labels['channel']} is broken"
        if alert.kind == "service_silent" and "service" in alert.labels:
            return f"the service {alert.labels['service']} has gone silent"
        return alert.summary.strip() or alert.kind.replace("_", " ")

    def over(self, alert: AlertFact, zone: ZoneInfo) -> str:
        check = alert.labels.get("check", "")
        if alert.kind == "missing_outputs":
            return "Resolved: missing outputs" + (f" in the {check} check" if check else "")
        if alert.kind == "checker_silent" and check:
            return f"Resolved: the {check} check runs again"
        if alert.kind == "channel_broken" and "channel" in alert.labels:
            return f"Resolved: the channel {alert.labels['channel']} works again"
        if alert.kind == "service_silent" and "service" in alert.labels:
            return f"Resolved: the service {alert.labels['service']} is not missed any more"
        return f"Resolved: {self.wrong(alert, zone)}"

    def fix(self, alert: AlertFact, zone: ZoneInfo) -> str:
        del zone
        return alert.fix

    def event(self, notice: NoticeFact) -> str:
        return sentence(notice, ENGLISH_EVENTS)

    def retold(self, notice: NoticeFact, zone: ZoneInfo) -> str:
        del notice, zone
        return ""

    def cause(self, notice: NoticeFact) -> str:
        return word(notice, "reason")

    def beside(self, firing: int, resolved: int) -> str:
        more = f", and {figure(firing)} more {'alert' if firing == 1 else 'alerts'}" if firing else ""
        return more + (f"; {figure(resolved)} resolved" if resolved else "")

    def all_over(self, count: int) -> str:
        return f"Resolved: all {figure(count)} alerts"

    def more_events(self, count: int) -> str:
        return f", and {figure(count)} more {'event' if count == 1 else 'events'}"

    def test(self, service: str) -> str:
        return f"Test message of {service}"

    def reason(self, reason: str) -> str:
        return _REASONS.get(reason, "")

    def instead_of(self, channel: str) -> str:
        return f"This should have come by the channel {channel}, which is broken."

    def numbers(self, alert: AlertFact) -> str:
        numbers = alert.numbers
        if alert.kind != "missing_outputs":
            return self.listing.join(f"{name.replace('_', ' ')} {figure(value)}" for name, value in numbers.items())
        said = [f"{rate} there"] if (rate := share(alert)) else []
        return self.listing.join([*said, *([f"{figure(numbers['late'])} late"] if numbers.get("late") else [])])

    def span(self, start: str, end: str) -> str:
        return f"{start} to {end}"

    def mostly(self, mostly: Mostly) -> str:
        what = f"no {mostly.column}" if mostly.value is None else f"{mostly.column} {mostly.value}"
        return f"{what} ({figure(mostly.missing)} of {figure(mostly.of)})"

    def onset(self, onset: Onset, at: str, until: str) -> str:
        fall = f"{at}, from {percent(onset.rate_before)} to {percent(onset.rate_after)}"
        return fall + (f", until {until}" if until else "")

    def overdue(self, since: str, length: str, every: str) -> str:
        return f"{since}, for {length}; one is due every {every}"

    def lasting(self, since: str, length: str, seen: int) -> str:
        return f"{since}, for {length}" + (f", seen {figure(seen)} times" if seen > 1 else "")

    def length(self, length: timedelta) -> str:
        number, unit = in_one_unit(length)
        return f"{number} {unit}"

    def repaired(self, repaired: Repaired) -> str:
        outputs = "output" if repaired.wanted == 1 else "outputs"
        return f"{figure(repaired.restored)} of {figure(repaired.wanted)} {outputs} restored"

    def state(self, alert: AlertFact) -> list[str]:
        return [
            *([f"taken on by {alert.acked_by}"] if alert.acked_by else []),
            *(["nobody has looked for a while, so it may have changed"] if alert.stale else []),
            *(["comes and goes"] if alert.flapping else []),
            *([f"resolved by {alert.resolved_by}"] if alert.resolved_by else []),
        ]

    def more(self, count: int) -> str:
        return f"and {figure(count)} more"

    def more_alerts(self, count: int) -> str:
        return f"and {figure(count)} more, all of them: reconcilery alerts list"

    def more_listed(self, count: int) -> str:
        return f"and {figure(count)} more, all events: reconcilery events list"

    def template_failed(self, why: str) -> str:
        return f"(The template of this channel failed, so this is the usual message: {why})"
