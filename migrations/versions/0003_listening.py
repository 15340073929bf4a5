"""the tables of events and of the services that send them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from consistency.ledger.creating import create, long_text, moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    event_id = sa.String(64).with_variant(mysql.VARCHAR(64, collation="utf8mb4_bin"), "mysql", "mariadb")
    create(
        "reconcilery_events",
        sa.Column("id", event_id, primary_key=True),
        moment("occurred_at"),
        moment("received_at"),
        sa.Column("event_type", sa.String(64), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("operation", sa.String(128)),
        sa.Column("seconds", sa.Float),
        sa.Column("records", sa.BigInteger),
        long_text("body"),
        moment("untold_since", nullable=True),
        indexes={
            "reconcilery_events_occurred": ["occurred_at"],
            "reconcilery_events_type": ["event_type", "occurred_at"],
            "reconcilery_events_received": ["received_at"],
            "reconcilery_events_untold": ["untold_since"],
        },
    )
    create(
        "reconcilery_pulses",
        sa.Column("service", sa.String(100), primary_key=True),
        sa.Column("instance", sa.String(200), primary_key=True),
        moment("last_at"),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("status", sa.String(64), nullable=False),
        moment("updated_at"),
    )


def downgrade() -> None:
    op.drop_table("reconcilery_pulses")
    op.drop_table("reconcilery_events")
