"""the tables of checks: runs, parts, quick cursors, open gaps, hour buckets."""

import sqlalchemy as sa
from alembic import op

from consistency.ledger.creating import create, long_text, moment, task_key

revision = "0001"
down_revision = None

TABLES = (
    "reconcilery_hour_buckets",
    "reconcilery_open_gaps",
    "reconcilery_quick_cursors",
    "reconcilery_check_parts",
    "reconcilery_check_runs",
)


def upgrade() -> None:
    create_runs_and_parts()
    create(
        "reconcilery_quick_cursors",
        sa.Column("rule_id", sa.String(64), primary_key=True),
        sa.Column("rule_hash", sa.String(12), nullable=False),
        moment("watermark"),
        long_text("slices"),
        moment("updated_at"),
    )
    create(
        "reconcilery_open_gaps",
        sa.Column("rule_id", sa.String(64), primary_key=True),
        task_key("task_key", primary_key=True),
        moment("done_at"),
        moment("first_seen_at"),
    )
    create(
        "reconcilery_hour_buckets",
        sa.Column("rule_id", sa.String(64), primary_key=True),
        sa.Column("rule_hash", sa.String(12), primary_key=True),
        moment("hour", primary_key=True),
        long_text("tally"),
        moment("updated_at"),
    )


def create_runs_and_parts() -> None:
    create(
        "reconcilery_check_runs",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("rule_hash", sa.String(12), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("live_key", sa.String(200), unique=True),
        sa.Column("slot_key", sa.String(200), unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        moment("window_start"),
        moment("window_end"),
        moment("as_of"),
        long_text("options"),
        moment("created_at"),
        moment("closed_at", nullable=True),
        moment("recorded_at", nullable=True),
        moment("notified_at", nullable=True),
        long_text("report", nullable=True),
        indexes={
            "reconcilery_check_runs_latest": ["rule_id", "type", "closed_at"],
            "reconcilery_check_runs_unrecorded": ["recorded_at", "created_at"],
        },
    )
    run_id = sa.ForeignKey("reconcilery_check_runs.id", ondelete="CASCADE")
    create(
        "reconcilery_check_parts",
        sa.Column("run_id", sa.String(36), run_id, primary_key=True),
        sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        moment("lo"),
        moment("hi"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(36)),
        moment("lease_until", nullable=True),
        sa.Column("reason", sa.String(300)),
        sa.Column("seconds", sa.Float),
        long_text("result", nullable=True),
    )


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
