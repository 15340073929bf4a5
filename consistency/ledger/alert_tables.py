"""The tables of alerts: how each stands, what happened to it, and what is silenced."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from consistency.ledger.tables import Identifier, LongText, RuleId, Serial, UtcMoment, metadata

Fingerprint = String(32)
Actor = String(200)

alerts = Table(
    "reconcilery_alerts",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("fingerprint", Fingerprint, nullable=False, unique=True),
    Column("service", String(100), nullable=False),
    Column("rule_id", RuleId, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("labels", LongText, nullable=False),
    Column("state", String(16), nullable=False),
    # Grows each time the alert fires anew, so that what was told of an older time is not taken for this one.
    Column("episode", Integer, nullable=False),
    Column("level", String(16)),
    Column("summary", String(500), nullable=False),
    Column("details", LongText, nullable=False),
    Column("starts_at", UtcMoment),
    Column("fired_at", UtcMoment),
    # Since when nothing bad was seen, while it is not resolved yet.
    Column("good_since", UtcMoment),
    Column("resolved_at", UtcMoment),
    Column("resolved_by", Actor),
    # The moment that the latest observation speaks of; an older one that comes late changes nothing.
    Column("observed_at", UtcMoment),
    Column("last_seen_at", UtcMoment, nullable=False),
    # Seconds between observations; nobody is missed while it is empty.
    Column("every", Integer),
    Column("bad_streak", Integer, nullable=False),
    Column("good_streak", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    # The latest observations, one letter each, newest last: what flapping is judged by.
    Column("recent", String(16), nullable=False),
    Column("flapping", Boolean, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("acked_by", Actor),
    Column("acked_at", UtcMoment),
    Column("acked_until", UtcMoment),
    Column("ack_note", String(500)),
    # Why it was not told when its group was last looked at, in words.
    Column("suppressed_by", String(200)),
    # What the latest repair did about it, as JSON.
    Column("repair", LongText),
    Column("version", Integer, nullable=False),
    Column("updated_at", UtcMoment, nullable=False),
    Index("reconcilery_alerts_state", "state", "updated_at"),
    Index("reconcilery_alerts_rule", "rule_id", "state"),
)

alert_changes = Table(
    "reconcilery_alert_changes",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("alert_id", Identifier, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("change", String(32), nullable=False),
    Column("level", String(16)),
    Column("actor", Actor, nullable=False),
    Column("payload", LongText, nullable=False),
    # When it was written to logs/alerts/.
    Column("filed_at", UtcMoment),
    Index("reconcilery_alert_changes_alert", "alert_id", "id"),
    Index("reconcilery_alert_changes_unfiled", "filed_at", "id"),
)

silences = Table(
    "reconcilery_silences",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("matchers", LongText, nullable=False),
    Column("starts_at", UtcMoment, nullable=False),
    Column("ends_at", UtcMoment, nullable=False),
    Column("author", Actor, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("ended_at", UtcMoment),
    Column("ended_by", Actor),
    Index("reconcilery_silences_until", "ends_at"),
)
