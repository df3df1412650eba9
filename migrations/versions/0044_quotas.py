"""Quotas of products with the places of orders, and the times in which products are sold.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
HELD = "freed_at IS NULL AND held_until IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "quota",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("taken BETWEEN 0 AND places", name=op.f("ck_quota_taken")),
        sa.CheckConstraint("places BETWEEN 0 AND 1000000", name=op.f("ck_quota_places")),
        sa.CheckConstraint("hold_minutes BETWEEN 1 AND 10080", name=op.f("ck_quota_hold")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
        sa.UniqueConstraint("code", name=op.f("uq_quota_code")),
    )
    op.create_table(
        "quota_product",
        sa.Column("quota_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["quota_id"], ["quota.id"], name=op.f("fk_quota_product_quota_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_quota_product_product_id")
        ),
        sa.PrimaryKeyConstraint("quota_id", "product_id", name=op.f("pk_quota_product")),
    )
    op.create_index("ix_quota_product_product_id", "quota_product", ["product_id"])
    op.create_table(
        "quota_place",
        sa.Column("id", ID, nullable=False),
        sa.Column("quota_id", ID, nullable=False),
        sa.Column("order_line_id", ID, nullable=False),
        sa.Column("taken_at", WHEN, nullable=False),
        sa.Column("held_until", WHEN, nullable=True),
        sa.Column("freed_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(["quota_id"], ["quota.id"], name=op.f("fk_quota_place_quota_id")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_quota_place_order_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_place")),
        sa.UniqueConstraint(
            "order_line_id", "quota_id", name=op.f("uq_quota_place_order_line_id_quota_id")
        ),
    )
    op.create_index("ix_quota_place_quota_id", "quota_place", ["quota_id"])
    op.create_index(
        "ix_quota_place_held",
        "quota_place",
        ["held_until"],
        sqlite_where=sa.text(HELD),
        postgresql_where=sa.text(HELD),
    )
    op.create_table(
        "sale_window",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("opens_at", WHEN, nullable=False),
        sa.Column("closes_at", WHEN, nullable=True),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_sale_window_order")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_sale_window_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_window")),
        sa.UniqueConstraint(
            "product_id", "opens_at", name=op.f("uq_sale_window_product_id_opens_at")
        ),
    )


def downgrade() -> None:
    for table in ("sale_window", "quota_place", "quota_product", "quota"):
        op.drop_table(table)
    _forget_records()


def _forget_records() -> None:
    # The next upgrade begins without rows.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table IN ('quota', 'quota_product', 'sale_window')"
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE row_record DISABLE TRIGGER row_record_append_only")
        op.execute(forget)
        op.execute("ALTER TABLE row_record ENABLE TRIGGER row_record_append_only")
        return
    made = sa.text("SELECT sql FROM sqlite_master WHERE name = 'row_record_no_delete'")
    trigger = connection.execute(made).scalar_one()
    op.execute("DROP TRIGGER row_record_no_delete")
    op.execute(forget)
    op.execute(trigger)
