"""The tables of telling: groups of alerts, what each channel was told, and the messages on their way."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from consistency.ledger.alert_tables import alerts
from consistency.ledger.tables import Identifier, LongText, RuleId, Serial, UtcMoment, metadata

GroupKey = String(32)
ChannelName = String(64)
MessageId = String(64)

notification_groups = Table(
    "reconcilery_notification_groups",
    metadata,
    Column("key", GroupKey, primary_key=True),
    Column("route", String(64), nullable=False),
    Column("labels", LongText, nullable=False),
    # Grows with everything that comes in, without a condition: a writer that waits for another's commit is not lost.
    Column("dirty", Integer, nullable=False),
    # When what has come in is looked at; each arrival may move that, never beyond `flush_by`.
    Column("flush_at", UtcMoment),
    Column("flush_by", UtcMoment),
    # When time alone asks for a look: a repetition, an escalation, the end of a silence.
    Column("wake_at", UtcMoment),
    Column("evaluated_at", UtcMoment),
    Column("seq", Integer, nullable=False),
    Index("reconcilery_notification_groups_flush", "flush_at"),
    Index("reconcilery_notification_groups_wake", "wake_at"),
)

group_members = Table(
    "reconcilery_group_members",
    metadata,
    Column("group_key", GroupKey, ForeignKey(notification_groups.c.key, ondelete="CASCADE"), primary_key=True),
    Column("alert_id", Identifier, ForeignKey(alerts.c.id, ondelete="CASCADE"), primary_key=True),
    Index("reconcilery_group_members_alert", "alert_id"),
)

notification_log = Table(
    "reconcilery_notification_log",
    metadata,
    Column("group_key", GroupKey, ForeignKey(notification_groups.c.key, ondelete="CASCADE"), primary_key=True),
    Column("channel", ChannelName, primary_key=True),
    # What the channel believes: `fingerprint#episode#level` of each alert, perhaps with a `#mark`, as a JSON list.
    Column("notified", LongText, nullable=False),
    Column("told_at", UtcMoment, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("reason", String(32), nullable=False),
)

notices = Table(
    "reconcilery_notices",
    metadata,
    Column("id", Serial, primary_key=True),
    # Where it comes from, such as `repair 17`, so that a message that comes twice is told once.
    Column("source", String(191), nullable=False),
    Column("group_key", GroupKey, nullable=False),
    Column("event_type", String(64), nullable=False),
    Column("level", String(16), nullable=False),
    Column("service", String(100), nullable=False),
    Column("rule_id", RuleId, nullable=False),
    Column("message", String(500), nullable=False),
    Column("body", LongText, nullable=False),
    Column("occurred_at", UtcMoment, nullable=False),
    # The flush that told it.
    Column("seq", Integer),
    UniqueConstraint("source", "group_key", name="reconcilery_notices_once"),
    Index("reconcilery_notices_untold", "group_key", "seq"),
)

deliveries = Table(
    "reconcilery_deliveries",
    metadata,
    Column("id", MessageId, primary_key=True),
    Column("group_key", GroupKey, nullable=False),
    Column("channel", ChannelName, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("level", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("message", LongText, nullable=False),
    # What a channel has done of a message that it could not send at once, in its own words.
    Column("progress", LongText),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcMoment, nullable=False),
    Column("lease_token", Identifier),
    Column("lease_until", UtcMoment),
    Column("created_at", UtcMoment, nullable=False),
    Column("finished_at", UtcMoment),
    # Why it is dead or superseded.
    Column("ended_because", String(500)),
    # The message that this one stands in for, after its channel broke.
    Column("fallback_of", MessageId),
    # When it was decided whether another channel stands in for this one; that is done once.
    Column("fallback_at", UtcMoment),
    UniqueConstraint("group_key", "channel", "seq", name="reconcilery_deliveries_once"),
    Index("reconcilery_deliveries_due", "state", "next_at"),
    Index("reconcilery_deliveries_channel", "channel", "state", "created_at"),
    Index("reconcilery_deliveries_made", "created_at"),
)

delivery_attempts = Table(
    "reconcilery_delivery_attempts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("delivery_id", MessageId, ForeignKey(deliveries.c.id, ondelete="CASCADE"), nullable=False),
    Column("no", Integer, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("outcome", String(24), nullable=False),
    Column("code", String(64), nullable=False),
    Column("detail", String(500), nullable=False),
    Column("reply", LongText, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Index("reconcilery_delivery_attempts_of", "delivery_id", "no"),
)

channel_states = Table(
    "reconcilery_channel_states",
    metadata,
    Column("channel", ChannelName, primary_key=True),
    # Failed attempts in a row.
    Column("failures", Integer, nullable=False),
    Column("broken_since", UtcMoment),
    # Until then nobody sends: the provider said so, or the channel is broken and is tried again then.
    Column("paused_until", UtcMoment),
    Column("probes", Integer, nullable=False),
    Column("reason", String(500)),
    Column("updated_at", UtcMoment, nullable=False),
)
