"""the tables of copies: repairs for those who only look."""

import sqlalchemy as sa
from alembic import op

from consistency.ledger.creating import create, long_text, moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create(
        "reconcilery_repair_copies",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("state_version", sa.Integer, nullable=False),
        moment("created_at"),
        moment("started_at", nullable=True),
        moment("finished_at", nullable=True),
        moment("as_of"),
        long_text("summary"),
        indexes={
            "reconcilery_repair_copies_state": ["state", "created_at"],
            "reconcilery_repair_copies_rule": ["rule_id", "started_at"],
        },
    )


def downgrade() -> None:
    op.drop_table("reconcilery_repair_copies")
