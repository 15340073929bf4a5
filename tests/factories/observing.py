"""Observations of one thing that can be wrong, and what is made of many of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from consistency.model import Level
from notifiers.alerts.alert import Alert
from notifiers.alerts.changes import Changed
from notifiers.alerts.changing import observe
from notifiers.alerts.observation import Observation, Sight

BEGIN = datetime(2026, 9, 16, 3, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
REPAIRED = {"run_id": "r1", "restored": 412, "wanted": 412}
_LEVELS = {"l": Level.LOW, "m": Level.MEDIUM, "h": Level.HIGH, "c": Level.CRITICAL}


def seen(letter: str = "h", at: datetime = BEGIN, **changes: Any) -> Observation:
    """What a quick check sees: l, m, h, c for a bad one of that level, g for a good one, n for nothing to judge.

    A v is a good one right after a repair, an r a repair that says nothing of what is left.
    """
    verdicts = {"g": Sight.GOOD, "v": Sight.GOOD, "n": Sight.NEUTRAL, "r": Sight.NEUTRAL}
    level = _LEVELS.get(letter)
    values: dict[str, Any] = {
        "kind": "missing_outputs",
        "service": "studio",
        "rule": "task-outputs",
        "labels": {"check": "quick"},
        "verdict": verdicts.get(letter, Sight.BAD),
        "level": level,
        "at": at,
        "summary": f"seen {letter}",
        "every": QUARTER,
        "bad_needed": 2 if level in {Level.LOW, Level.MEDIUM} else 1,
        "good_needed": 2,
        "verified": REPAIRED if letter in "rv" else None,
    }
    return Observation(**{**values, **changes})


def after(letters: str, begin: datetime = BEGIN, every: timedelta = QUARTER, alert: Alert | None = None) -> Changed:
    """What the last of these observations has changed; one comes a quarter after the other."""
    changed = Changed(alert)
    for number, letter in enumerate(letters):
        at = begin + number * every
        changed = observe(changed.alert, seen(letter, at), at)
    return changed


def alert_after(letters: str, **how: Any) -> Alert:
    """The alert that these observations lead to."""
    alert = after(letters, **how).alert
    assert alert is not None
    return alert


def names(changed: Changed) -> list[str]:
    """What has happened, by name."""
    return [str(change.what) for change in changed.changes]


def moment_after(letters: Iterable[str]) -> datetime:
    """When the observation would come that follows these."""
    return BEGIN + len(list(letters)) * QUARTER
