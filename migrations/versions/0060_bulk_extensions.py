"""Extensions of many passes at once, and the passes of each.

Revision ID: 0060
Revises: 0059
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
TO_DO = sa.text("outcome IS NULL")


def upgrade() -> None:
    op.create_table(
        "bulk_extension",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("campus", sa.String(), nullable=True),
        sa.Column("product_id", ID, nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_bulk_extension_order")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_bulk_extension_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_bulk_extension_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_extension")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bulk_extension_public_id")),
    )
    op.create_table(
        "bulk_extension_pass",
        sa.Column("extension_id", ID, nullable=False),
        sa.Column("pass_id", ID, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("done_at", WHEN, nullable=True),
        sa.CheckConstraint("days > 0", name=op.f("ck_bulk_extension_pass_days")),
        sa.CheckConstraint(
            "outcome IN ('extended', 'skipped')", name=op.f("ck_bulk_extension_pass_outcome")
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (done_at IS NULL)", name=op.f("ck_bulk_extension_pass_done")
        ),
        sa.ForeignKeyConstraint(
            ["extension_id"],
            ["bulk_extension.id"],
            name=op.f("fk_bulk_extension_pass_extension_id"),
        ),
        sa.ForeignKeyConstraint(
            ["pass_id"], ["pass.id"], name=op.f("fk_bulk_extension_pass_pass_id")
        ),
        sa.PrimaryKeyConstraint("extension_id", "pass_id", name=op.f("pk_bulk_extension_pass")),
    )
    op.create_index(
        "ix_bulk_extension_pass_to_do",
        "bulk_extension_pass",
        ["pass_id"],
        sqlite_where=TO_DO,
        postgresql_where=TO_DO,
    )


def downgrade() -> None:
    op.drop_table("bulk_extension_pass")
    op.drop_table("bulk_extension")
