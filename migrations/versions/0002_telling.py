"""the tables of alerts, groups, messages and deliveries."""

import sqlalchemy as sa
from alembic import op

from consistency.ledger.creating import create, long_text, moment, serial

revision = "0002"
down_revision = "0001"

TABLES = (
    "reconcilery_channel_states",
    "reconcilery_delivery_attempts",
    "reconcilery_deliveries",
    "reconcilery_notices",
    "reconcilery_notification_log",
    "reconcilery_group_members",
    "reconcilery_notification_groups",
    "reconcilery_silences",
    "reconcilery_alert_changes",
    "reconcilery_alerts",
)


def upgrade() -> None:
    create_alerts()
    create_groups()
    create_deliveries()
    op.create_index("reconcilery_check_runs_untold", "reconcilery_check_runs", ["notified_at", "created_at"])


def create_alerts() -> None:
    create(
        "reconcilery_alerts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("fingerprint", sa.String(32), nullable=False, unique=True),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        long_text("labels"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("level", sa.String(16)),
        sa.Column("summary", sa.String(500), nullable=False),
        long_text("details"),
        moment("starts_at", nullable=True),
        moment("fired_at", nullable=True),
        moment("good_since", nullable=True),
        moment("resolved_at", nullable=True),
        sa.Column("resolved_by", sa.String(200)),
        moment("observed_at", nullable=True),
        moment("last_seen_at"),
        sa.Column("every", sa.Integer),
        sa.Column("bad_streak", sa.Integer, nullable=False),
        sa.Column("good_streak", sa.Integer, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("recent", sa.String(16), nullable=False),
        sa.Column("flapping", sa.Boolean, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.Column("acked_by", sa.String(200)),
        moment("acked_at", nullable=True),
        moment("acked_until", nullable=True),
        sa.Column("ack_note", sa.String(500)),
        sa.Column("suppressed_by", sa.String(200)),
        long_text("repair", nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        moment("updated_at"),
        indexes={
            "reconcilery_alerts_rule": ["rule_id", "state"],
            "reconcilery_alerts_state": ["state", "updated_at"],
        },
    )
    create(
        "reconcilery_alert_changes",
        serial("id"),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        moment("at"),
        sa.Column("change", sa.String(32), nullable=False),
        sa.Column("level", sa.String(16)),
        sa.Column("actor", sa.String(200), nullable=False),
        long_text("payload"),
        moment("filed_at", nullable=True),
        indexes={
            "reconcilery_alert_changes_alert": ["alert_id", "id"],
            "reconcilery_alert_changes_unfiled": ["filed_at", "id"],
        },
    )
    create(
        "reconcilery_silences",
        sa.Column("id", sa.String(36), primary_key=True),
        long_text("matchers"),
        moment("starts_at"),
        moment("ends_at"),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        moment("created_at"),
        moment("ended_at", nullable=True),
        sa.Column("ended_by", sa.String(200)),
        indexes={
            "reconcilery_silences_until": ["ends_at"],
        },
    )


def create_groups() -> None:
    create(
        "reconcilery_notification_groups",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("route", sa.String(64), nullable=False),
        long_text("labels"),
        sa.Column("dirty", sa.Integer, nullable=False),
        moment("flush_at", nullable=True),
        moment("flush_by", nullable=True),
        moment("wake_at", nullable=True),
        moment("evaluated_at", nullable=True),
        sa.Column("seq", sa.Integer, nullable=False),
        indexes={
            "reconcilery_notification_groups_flush": ["flush_at"],
            "reconcilery_notification_groups_wake": ["wake_at"],
        },
    )
    create(
        "reconcilery_group_members",
        sa.Column(
            "group_key",
            sa.String(32),
            sa.ForeignKey("reconcilery_notification_groups.key", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "alert_id", sa.String(36), sa.ForeignKey("reconcilery_alerts.id", ondelete="CASCADE"), primary_key=True
        ),
        indexes={"reconcilery_group_members_alert": ["alert_id"]},
    )
    create(
        "reconcilery_notification_log",
        sa.Column(
            "group_key",
            sa.String(32),
            sa.ForeignKey("reconcilery_notification_groups.key", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("channel", sa.String(64), primary_key=True),
        long_text("notified"),
        moment("told_at"),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
    )
    create(
        "reconcilery_notices",
        serial("id"),
        sa.Column("source", sa.String(191), nullable=False),
        sa.Column("group_key", sa.String(32), nullable=False),
        sa.Column("event_type", sa.String(64), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("message", sa.String(500), nullable=False),
        long_text("body"),
        moment("occurred_at"),
        sa.Column("seq", sa.Integer),
        sa.UniqueConstraint("source", "group_key", name="reconcilery_notices_once"),
        indexes={
            "reconcilery_notices_untold": ["group_key", "seq"],
        },
    )


def create_deliveries() -> None:
    create(
        "reconcilery_deliveries",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("group_key", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        long_text("message"),
        long_text("progress", nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        moment("next_at"),
        sa.Column("lease_token", sa.String(36)),
        moment("lease_until", nullable=True),
        moment("created_at"),
        moment("finished_at", nullable=True),
        sa.Column("ended_because", sa.String(500)),
        sa.Column("fallback_of", sa.String(64)),
        moment("fallback_at", nullable=True),
        sa.UniqueConstraint("group_key", "channel", "seq", name="reconcilery_deliveries_once"),
        indexes={
            "reconcilery_deliveries_channel": ["channel", "state", "created_at"],
            "reconcilery_deliveries_due": ["state", "next_at"],
            "reconcilery_deliveries_made": ["created_at"],
        },
    )
    create(
        "reconcilery_delivery_attempts",
        serial("id"),
        sa.Column(
            "delivery_id", sa.String(64), sa.ForeignKey("reconcilery_deliveries.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("no", sa.Integer, nullable=False),
        moment("at"),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
        long_text("reply"),
        sa.Column("milliseconds", sa.BigInteger, nullable=False),
        indexes={
            "reconcilery_delivery_attempts_of": ["delivery_id", "no"],
        },
    )
    create(
        "reconcilery_channel_states",
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        moment("broken_since", nullable=True),
        moment("paused_until", nullable=True),
        sa.Column("probes", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(500)),
        moment("updated_at"),
    )


def downgrade() -> None:
    op.drop_index("reconcilery_check_runs_untold", "reconcilery_check_runs")
    for name in TABLES:
        op.drop_table(name)
