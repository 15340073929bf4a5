"""the tables of repairs: runs, items, batches, journal, events."""

import sqlalchemy as sa
from alembic import op

from consistency.ledger.creating import create, long_text, moment, serial, task_key

revision = "0001"
down_revision = None

TABLES = (
    "reconcilery_repair_events",
    "reconcilery_repair_journal",
    "reconcilery_repair_batches",
    "reconcilery_repair_items",
    "reconcilery_repair_runs",
)


def upgrade() -> None:
    create_runs()
    create_items()
    create_batches()
    create_journal()
    create_events()


def create_runs() -> None:
    create(
        "reconcilery_repair_runs",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("rule_hash", sa.String(12), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        long_text("scope"),
        sa.Column("live_key", sa.String(200), unique=True),
        sa.Column("slot_key", sa.String(200), unique=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("state_version", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("throttle", sa.String(200)),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("parent_run_id", sa.String(36)),
        long_text("parameters"),
        sa.Column("plan_hash", sa.String(64)),
        long_text("plan_notes", nullable=True),
        sa.Column("needs_approval", sa.String(500)),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("approved_by", sa.String(200)),
        moment("approved_at", nullable=True),
        long_text("before", nullable=True),
        long_text("after", nullable=True),
        moment("created_at"),
        moment("planned_at", nullable=True),
        moment("started_at", nullable=True),
        moment("finished_at", nullable=True),
        moment("heartbeat_at", nullable=True),
        moment("judged_from", nullable=True),
        sa.Column("next_seq", sa.Integer, nullable=False),
        indexes={
            "reconcilery_repair_runs_state": ["state", "created_at"],
            "reconcilery_repair_runs_rule": ["rule_id", "created_at"],
        },
    )


def of_run() -> sa.Column[str]:
    """The run that a row belongs to, and goes with."""
    key = sa.ForeignKey("reconcilery_repair_runs.id", ondelete="CASCADE")
    return sa.Column("run_id", sa.String(36), key, nullable=False)


def create_items() -> None:
    create(
        "reconcilery_repair_items",
        serial("id"),
        of_run(),
        task_key("task_key"),
        sa.Column("provider_task_id", sa.String(255)),
        moment("done_at", nullable=True),
        sa.Column("precondition", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("batch_id", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        moment("next_try_at", nullable=True),
        sa.Column("outcome_code", sa.String(64)),
        sa.Column("outcome_detail", sa.String(500)),
        long_text("outputs", nullable=True),
        moment("fetched_at", nullable=True),
        moment("finished_at", nullable=True),
        sa.UniqueConstraint("run_id", "task_key", name="reconcilery_repair_items_once"),
        indexes={
            "reconcilery_repair_items_order": ["run_id", "id"],
            "reconcilery_repair_items_state": ["run_id", "state", "id"],
        },
    )


def create_batches() -> None:
    create(
        "reconcilery_repair_batches",
        serial("id"),
        of_run(),
        sa.Column("parent_id", sa.BigInteger),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        moment("lease_until"),
        moment("started_at"),
        moment("finished_at", nullable=True),
        sa.Column("provider_calls", sa.Integer, nullable=False),
        sa.Column("work_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_items", sa.Integer, nullable=False),
        sa.Column("error", sa.String(500)),
        indexes={"reconcilery_repair_batches_run": ["run_id", "state"]},
    )


def create_journal() -> None:
    create(
        "reconcilery_repair_journal",
        serial("id"),
        # No foreign key: its check would lock the run after the items, against the order of all others.
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("rule_id", sa.String(64), nullable=False),
        task_key("task_key"),
        task_key("output_key"),
        sa.Column("target_table", sa.String(255), nullable=False),
        long_text("target_pk"),
        long_text("row_image"),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.Column("undone", sa.BigInteger, nullable=False),
        sa.Column("undo_outcome", sa.String(32)),
        long_text("undo_detail", nullable=True),
        moment("written_at"),
        moment("undone_at", nullable=True),
        sa.UniqueConstraint("rule_id", "task_key", "output_key", "undone", name="reconcilery_repair_journal_once"),
        indexes={
            "reconcilery_repair_journal_run": ["run_id", "id"],
            "reconcilery_repair_journal_item": ["item_id"],
        },
    )


def create_events() -> None:
    create(
        "reconcilery_repair_events",
        serial("id"),
        of_run(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        long_text("payload"),
        moment("created_at"),
        moment("told_at", nullable=True),
        sa.UniqueConstraint("run_id", "seq", name="reconcilery_repair_events_once"),
        indexes={"reconcilery_repair_events_untold": ["told_at", "created_at"]},
    )


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
