"""What a change of the own tables is written with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from consistency.ledger.tables import ANY_SCRIPT


def moment(name: str, *, primary_key: bool = False, nullable: bool = False) -> sa.Column[object]:
    """UTC without a zone, with microseconds."""
    kind = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    return sa.Column(name, kind, primary_key=primary_key, nullable=nullable)


def long_text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    """Text of any length."""
    return sa.Column(name, sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=nullable)


def task_key(name: str, *, primary_key: bool = False) -> sa.Column[str]:
    """A key of the application's, told apart from one in other case, which the usual collations of MySQL deny."""
    kind = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")
    return sa.Column(name, kind, primary_key=primary_key, nullable=False)


def serial(name: str) -> sa.Column[int]:
    """A number that the database gives; SQLite numbers plain integers alone."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def create(name: str, *columns: sa.schema.SchemaItem, indexes: dict[str, list[str]] | None = None) -> None:
    """Create what is not there: MySQL commits each statement by itself, so an attempt that died is gone on with."""
    found = sa.inspect(op.get_bind())
    if not found.has_table(name):
        op.create_table(name, *columns, **ANY_SCRIPT)
    present = {index["name"] for index in found.get_indexes(name)}
    for index, indexed in (indexes or {}).items():
        if index not in present:
            op.create_index(index, name, indexed)
