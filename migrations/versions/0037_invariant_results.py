"""The newest result of each invariant.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "invariant_result",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=True),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(broken IS NULL) = (problem IS NOT NULL)",
            name=op.f("ck_invariant_result_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invariant_result")),
        sa.UniqueConstraint("name", name=op.f("uq_invariant_result_name")),
    )


def downgrade() -> None:
    op.drop_table("invariant_result")
