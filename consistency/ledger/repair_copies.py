"""The table of copies of repairs, for those who only look, where the ledger is in another database than the target."""

from sqlalchemy import Column, Index, Integer, String, Table

from consistency.ledger.tables import Identifier, LongText, RuleId, UtcMoment, metadata

repair_copies = Table(
    "reconcilery_repair_copies",
    metadata,
    # Of the run, as are the next six.
    Column("id", Identifier, primary_key=True),
    Column("rule_id", RuleId, nullable=False),
    Column("state", String(32), nullable=False),
    Column("state_version", Integer, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("started_at", UtcMoment),
    Column("finished_at", UtcMoment),
    # By the clock of the run's database: of two copies the one that was read later stays.
    Column("as_of", UtcMoment, nullable=False),
    Column("summary", LongText, nullable=False),
    Index("reconcilery_repair_copies_state", "state", "created_at"),
    Index("reconcilery_repair_copies_rule", "rule_id", "started_at"),
)
