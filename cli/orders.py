"""From what was typed to what is to be checked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.orders.check_orders import CheckOrder
from consistency.dates import parse_start, window_of
from consistency.errors import BadRequest
from consistency.mapping import RuleMapping
from consistency.model import CheckType, Window, utc_text
from consistency.setting_sources import did_you_mean
from consistency.settings import Settings
from monitor_tasks.windows import LENGTHS

DEFAULT_LENGTH = timedelta(hours=24)


def rules_named(settings: Settings, rule_id: str | None) -> Sequence[RuleMapping]:
    """The rule of that id, or all of them for None; BadRequest with the nearest one otherwise."""
    if rule_id is None:
        return settings.rules
    known = [rule.id for rule in settings.rules]
    if rule_id not in known:
        hint = did_you_mean(rule_id, known) or f"; known are {', '.join(known)}"
        raise BadRequest(f"--rule: there is no rule {rule_id!r}{hint}")
    return settings.rule_by_id(rule_id)


def one_rule(settings: Settings, rule_id: str | None) -> RuleMapping:
    """The rule of that id, or the only one there is."""
    rules = rules_named(settings, rule_id)
    if len(rules) > 1:
        raise BadRequest(f"--rule: there are several rules, name one of {', '.join(rule.id for rule in rules)}")
    return rules[0]


def orders_of(
    settings: Settings,
    now: datetime,
    kind: CheckType,
    *,
    rule: str | None = None,
    start: str | None = None,
    end: str | None = None,
    compare_at: str | None = None,
    detailed: bool = False,
) -> list[CheckOrder]:
    """One order a rule. Dates make every kind a range check; what is left out is completed by the kind's length."""
    window = None
    if start is not None or end is not None or kind is CheckType.RANGE:
        zone = ZoneInfo(settings.timezone)
        window = window_of(start, end, zone, now, LENGTHS.get(kind, DEFAULT_LENGTH))
        kind = CheckType.RANGE
    moment = _compare_at(settings, now, window, compare_at)
    rules = rules_named(settings, rule)
    return [CheckOrder(kind, mapping.id, window, moment, detailed) for mapping in rules]


def _compare_at(settings: Settings, now: datetime, window: Window | None, text: str | None) -> datetime | None:
    if text is None:
        return None
    if window is None:
        raise BadRequest("--compare-at: the range to compare in is missing; add --start-date and --end-date")
    moment = parse_start(text, ZoneInfo(settings.timezone), now, "--compare-at")
    if not window.start < moment < window.end:
        bounds = f"{utc_text(window.start)} to {utc_text(window.end)}"
        raise BadRequest(f"--compare-at: {utc_text(moment)} does not lie within the range {bounds}")
    return moment
