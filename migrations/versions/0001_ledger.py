"""the tables of checks: runs, parts, quick cursors, open gaps, hour buckets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None

TABLES = (
    "reconcilery_hour_buckets",
    "reconcilery_open_gaps",
    "reconcilery_quick_cursors",
    "reconcilery_check_parts",
    "reconcilery_check_runs",
)


#: Keys that differ in case alone are two keys, which the usual collations of MySQL deny.
case_sensitive = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


def moment(name: str, *, primary_key: bool = False, nullable: bool = False) -> sa.Column[object]:
    """UTC without a zone, with microseconds."""
    kind = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    return sa.Column(name, kind, primary_key=primary_key, nullable=nullable)


def long_text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=nullable)


def create(name: str, *columns: sa.schema.SchemaItem, indexes: dict[str, list[str]] | None = None) -> None:
    """Create what is not there: MySQL commits each statement by itself, so an attempt that died is gone on with."""
    found = sa.inspect(op.get_bind())
    if not found.has_table(name):
        op.create_table(name, *columns)
    present = {index["name"] for index in found.get_indexes(name)}
    for index, indexed in (indexes or {}).items():
        if index not in present:
            op.create_index(index, name, indexed)


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
        sa.Column("task_key", case_sensitive, primary_key=True),
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
