"""Alerts as the page lists them: what is wrong in the reader's language, since when, and who was told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.page.wording import Words
from api.report.words.findings import untold_words
from api.views.alerts import short_id
from api.views.deliveries import channels_told
from consistency.model import utc_text
from consistency.settings import Settings
from notifiers.alerts.alert import Alert, AlertState
from notifiers.deciding.composing import fact_of
from notifiers.messages.chinese import Chinese
from notifiers.messages.english import English
from notifiers.messages.phrases import Phrases

_PHRASES: Mapping[str, Phrases] = {"en": English(), "zh": Chinese()}

Row = dict[str, Any]


def alert_rows(
    connection: Connection,
    settings: Settings,
    alerts: Sequence[Alert],
    words: Words,
    now: datetime,
) -> list[Row]:
    """One row an alert, with the latest message to each channel."""
    return [alert_row(connection, settings, alert, words, now) for alert in alerts]


def alert_row(
    connection: Connection,
    settings: Settings,
    alert: Alert,
    words: Words,
    now: datetime,
) -> Row:
    """One of them."""
    since = alert.starts_at or alert.fired_at
    end = now if alert.is_live else (alert.resolved_at or now)
    return {
        "id": alert.id,
        "short_id": short_id(alert),
        "level": str(alert.level or ""),
        "state": str(alert.state),
        "is_live": alert.is_live,
        "rule": alert.rule_id,
        "check": alert.labels.get("check", ""),
        "what": what_text(alert, settings, words),
        "since": utc_text(since) if since else None,
        "until": utc_text(alert.resolved_at) if alert.resolved_at and not alert.is_live else None,
        "lasted": max(0.0, (end - since).total_seconds()) if since else None,
        "seen": alert.times_seen,
        "stale": alert.stale,
        "flapping": alert.flapping,
        "untold": untold_words(alert.suppressed_by, words.report) if alert.is_live and alert.suppressed_by else None,
        "acked_by": alert.acked_by if alert.is_live and alert.is_acked(now) else None,
        "acked_until": alert.acked_until,
        "told": channels_told(connection, alert.id),
    }


def mostly_words(alert: Alert, settings: Settings, words: Words) -> str:
    """For whom outputs are missing, as messages say it; empty where nobody stands out."""
    mostly = fact_of(alert, settings).mostly
    return _PHRASES[words.language].mostly(mostly) if mostly else ""


def fix_text(alert: Alert, settings: Settings, words: Words) -> str:
    """What whoever found it says to do, as messages say it; may be empty."""
    return _PHRASES[words.language].fix(fact_of(alert, settings), words.zone)


def what_text(alert: Alert, settings: Settings, words: Words) -> str:
    """What is wrong, or that it is over, as messages say it."""
    phrases, fact = _PHRASES[words.language], fact_of(alert, settings)
    say = phrases.over if alert.state is AlertState.RESOLVED and alert.episode else phrases.wrong
    return say(fact, words.zone)
