"""The tables of repairs. They live beside the target, so that a written row and its journal entry commit together."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

from consistency.ledger.tables import Identifier, LongText, RuleId, Serial, TaskKey, UtcMoment

repair_metadata = MetaData()
OutputKey = String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")

repair_runs = Table(
    "reconcilery_repair_runs",
    repair_metadata,
    Column("id", Identifier, primary_key=True),
    Column("rule_id", RuleId, nullable=False),
    Column("rule_hash", String(12), nullable=False),
    # Which database the plan was made for, so that a copy of its tables elsewhere is not applied there.
    Column("target", String(64), nullable=False),
    Column("scope", LongText, nullable=False),
    # Set while the run is live, so that a second run of the same scope cannot be started beside it.
    Column("live_key", String(200), unique=True),
    # Set for ever for runs that the schedule or a message asked for, so that each is planned once.
    Column("slot_key", String(200), unique=True),
    Column("state", String(32), nullable=False),
    Column("state_version", Integer, nullable=False),
    Column("reason", String(500)),
    # Why the run is slower than it could be just now, in words.
    Column("throttle", String(200)),
    Column("dry_run", Boolean, nullable=False),
    Column("parent_run_id", Identifier),
    Column("parameters", LongText, nullable=False),
    Column("plan_hash", String(64)),
    Column("plan_notes", LongText),
    Column("needs_approval", String(500)),
    Column("created_by", String(200), nullable=False),
    Column("approved_by", String(200)),
    Column("approved_at", UtcMoment),
    Column("before", LongText),
    Column("after", LongText),
    Column("created_at", UtcMoment, nullable=False),
    Column("planned_at", UtcMoment),
    Column("started_at", UtcMoment),
    Column("finished_at", UtcMoment),
    Column("heartbeat_at", UtcMoment),
    # Only what has happened since then decides whether the run is going wrong: who resumes it has seen the rest.
    Column("judged_from", UtcMoment),
    Column("next_seq", Integer, nullable=False),
    Index("reconcilery_repair_runs_state", "state", "created_at"),
    Index("reconcilery_repair_runs_rule", "rule_id", "created_at"),
)

repair_items = Table(
    "reconcilery_repair_items",
    repair_metadata,
    Column("id", Serial, primary_key=True),
    Column("run_id", Identifier, ForeignKey(repair_runs.c.id, ondelete="CASCADE"), nullable=False),
    Column("task_key", TaskKey, nullable=False),
    Column("provider_task_id", String(255)),
    Column("done_at", UtcMoment),
    Column("precondition", String(64), nullable=False),
    Column("state", String(32), nullable=False),
    # Grows with every claim and with everything that takes a claim away: who holds an older one may not write.
    Column("epoch", Integer, nullable=False),
    # While the item is leased: the batch that has it, whose lease is the item's.
    Column("batch_id", BigInteger),
    Column("attempts", Integer, nullable=False),
    # How many batches with this item inside have ended without a word.
    Column("losses", Integer, nullable=False),
    Column("next_try_at", UtcMoment),
    Column("outcome_code", String(64)),
    Column("outcome_detail", String(500)),
    # What the provider answered, kept where a second question can be saved or a person wants to see it.
    Column("outputs", LongText),
    Column("fetched_at", UtcMoment),
    Column("finished_at", UtcMoment),
    UniqueConstraint("run_id", "task_key", name="reconcilery_repair_items_once"),
    Index("reconcilery_repair_items_order", "run_id", "id"),
    Index("reconcilery_repair_items_state", "run_id", "state", "id"),
)

repair_batches = Table(
    "reconcilery_repair_batches",
    repair_metadata,
    Column("id", Serial, primary_key=True),
    Column("run_id", Identifier, ForeignKey(repair_runs.c.id, ondelete="CASCADE"), nullable=False),
    Column("parent_id", BigInteger),
    Column("size", Integer, nullable=False),
    Column("worker", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("lease_until", UtcMoment, nullable=False),
    Column("started_at", UtcMoment, nullable=False),
    Column("finished_at", UtcMoment),
    Column("provider_calls", Integer, nullable=False),
    Column("work_ms", BigInteger, nullable=False),
    Column("finished_items", Integer, nullable=False),
    Column("error", String(500)),
    Index("reconcilery_repair_batches_run", "run_id", "state"),
)

repair_journal = Table(
    "reconcilery_repair_journal",
    repair_metadata,
    Column("id", Serial, primary_key=True),
    # No foreign key: its check locks the run after the items, and whoever changes the run's state has it the other
    # way round.
    Column("run_id", Identifier, nullable=False),
    Column("item_id", BigInteger, nullable=False),
    Column("rule_id", RuleId, nullable=False),
    Column("task_key", TaskKey, nullable=False),
    Column("output_key", OutputKey, nullable=False),
    Column("target_table", String(255), nullable=False),
    Column("target_pk", LongText, nullable=False),
    Column("row_image", LongText, nullable=False),
    Column("row_hash", String(64), nullable=False),
    # 0 while the row stands, then the entry's own id, so that the same output may be written again later.
    Column("undone", BigInteger, nullable=False),
    Column("undo_outcome", String(32)),
    Column("undo_detail", LongText),
    Column("written_at", UtcMoment, nullable=False),
    Column("undone_at", UtcMoment),
    UniqueConstraint("rule_id", "task_key", "output_key", "undone", name="reconcilery_repair_journal_once"),
    Index("reconcilery_repair_journal_run", "run_id", "id"),
    Index("reconcilery_repair_journal_item", "item_id"),
)

repair_events = Table(
    "reconcilery_repair_events",
    repair_metadata,
    Column("id", Serial, primary_key=True),
    Column("run_id", Identifier, ForeignKey(repair_runs.c.id, ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("payload", LongText, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("told_at", UtcMoment),
    UniqueConstraint("run_id", "seq", name="reconcilery_repair_events_once"),
    Index("reconcilery_repair_events_untold", "told_at", "created_at"),
)
