"""the tables of sums that outlive the rows they were counted from."""

import sqlalchemy as sa
from alembic import op

from consistency.ledger.creating import create, long_text, moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    create(
        "reconcilery_counts",
        sa.Column("source", sa.String(32), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        long_text("sums"),
        moment("updated_at"),
    )


def downgrade() -> None:
    op.drop_table("reconcilery_counts")
