"""The tables of the ledger. Moments are kept as UTC without a zone, with microseconds, on every database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

#: Messages are in any script, which the character set that a server of MySQL or MariaDB presumes may not hold.
ANY_SCRIPT: dict[str, Any] = {"mysql_charset": "utf8mb4", "mariadb_charset": "utf8mb4"}


class UtcMoment(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger takes aware datetimes only")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return value.replace(tzinfo=UTC) if value else None


LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
Identifier = String(36)
# A number that the database gives; SQLite numbers plain integers alone.
Serial = BigInteger().with_variant(Integer(), "sqlite")
RuleId = String(64)
# Keys that differ in case alone are two keys, which the usual collations of MySQL deny.
TaskKey = String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")

check_runs = Table(
    "reconcilery_check_runs",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("rule_id", RuleId, nullable=False),
    Column("rule_hash", String(12), nullable=False),
    Column("type", String(16), nullable=False),
    # Set while the run is open, so that a second run of the same scope cannot be opened beside it.
    Column("live_key", String(200), unique=True),
    # Set for scheduled runs for ever, so that a slot is checked once however often it is asked for.
    Column("slot_key", String(200), unique=True),
    Column("state", String(16), nullable=False),
    Column("window_start", UtcMoment, nullable=False),
    Column("window_end", UtcMoment, nullable=False),
    Column("as_of", UtcMoment, nullable=False),
    Column("options", LongText, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("closed_at", UtcMoment),
    Column("recorded_at", UtcMoment),
    Column("notified_at", UtcMoment),
    Column("report", LongText),
    Index("reconcilery_check_runs_latest", "rule_id", "type", "closed_at"),
    Index("reconcilery_check_runs_unrecorded", "recorded_at", "created_at"),
    Index("reconcilery_check_runs_untold", "notified_at", "created_at"),
)

check_parts = Table(
    "reconcilery_check_parts",
    metadata,
    Column("run_id", Identifier, ForeignKey(check_runs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("purpose", String(16), nullable=False),
    Column("lo", UtcMoment, nullable=False),
    Column("hi", UtcMoment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", String(36)),
    Column("lease_until", UtcMoment),
    Column("reason", String(300)),
    Column("seconds", Float),
    Column("result", LongText),
)

quick_cursors = Table(
    "reconcilery_quick_cursors",
    metadata,
    Column("rule_id", RuleId, primary_key=True),
    Column("rule_hash", String(12), nullable=False),
    Column("watermark", UtcMoment, nullable=False),
    Column("slices", LongText, nullable=False),
    Column("updated_at", UtcMoment, nullable=False),
)

open_gaps = Table(
    "reconcilery_open_gaps",
    metadata,
    Column("rule_id", RuleId, primary_key=True),
    Column("task_key", TaskKey, primary_key=True),
    Column("done_at", UtcMoment, nullable=False),
    Column("first_seen_at", UtcMoment, nullable=False),
)

hour_buckets = Table(
    "reconcilery_hour_buckets",
    metadata,
    Column("rule_id", RuleId, primary_key=True),
    Column("rule_hash", String(12), primary_key=True),
    Column("hour", UtcMoment, primary_key=True),
    Column("tally", LongText, nullable=False),
    Column("updated_at", UtcMoment, nullable=False),
)
