"""Reasons of other hours in three languages, and holidays that keep their ordinary hours.

Revision ID: 0034
Revises: 0033
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LANGUAGES: Final = ("fi", "sv", "en")


def upgrade() -> None:
    # Added one by one, without a rebuild of the table on SQLite: what it holds is not written anew.
    for language in LANGUAGES:
        column = sa.Column(f"reason_{language}", sa.String(), server_default="", nullable=False)
        op.add_column("opening_exception", column)
    op.create_table(
        "normal_holiday",
        sa.Column("id", ID, nullable=False),
        sa.Column("campus_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["campus.id"], name=op.f("fk_normal_holiday_campus_id_campus")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_normal_holiday")),
        sa.UniqueConstraint("campus_id", "day", name=op.f("uq_normal_holiday_campus_id_day")),
    )


def downgrade() -> None:
    op.drop_table("normal_holiday")
    for language in LANGUAGES:
        op.drop_column("opening_exception", f"reason_{language}")
