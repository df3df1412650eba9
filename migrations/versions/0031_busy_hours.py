"""How many people were inside a campus in each hour.

Revision ID: 0031
Revises: 0030
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "busy_hour",
        sa.Column("campus_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_busy_hour_weekday")),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_busy_hour_hour")),
        sa.CheckConstraint("people >= 0", name=op.f("ck_busy_hour_people")),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["campus.id"], name=op.f("fk_busy_hour_campus_id_campus")
        ),
        sa.PrimaryKeyConstraint("campus_id", "day", "hour", name=op.f("pk_busy_hour")),
    )
    op.create_index(op.f("ix_busy_hour_day"), "busy_hour", ["day"])


def downgrade() -> None:
    op.drop_table("busy_hour")
