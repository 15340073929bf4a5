"""The table of what was counted: sums that outlive the rows they were counted from."""

from sqlalchemy import Column, Integer, String, Table

from consistency.ledger.tables import LongText, UtcMoment, metadata

counts = Table(
    "reconcilery_counts",
    metadata,
    Column("source", String(32), primary_key=True),
    # Grows with every change, so that of two who count at once one finds that it was done.
    Column("version", Integer, nullable=False),
    # Up to where the rows of the source are in the sums: a moment or a number, as the source has it.
    Column("place", String(64), nullable=False),
    Column("sums", LongText, nullable=False),
    Column("updated_at", UtcMoment, nullable=False),
)
