"""Baskets, discount codes with their uses, and orders that expire.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Orders of earlier versions have no end: nobody was told that they expire.
    op.add_column("orders", sa.Column("pay_until", WHEN, nullable=True))
    op.create_index("ix_orders_pay_until", "orders", ["pay_until"])
    with op.batch_alter_table("order_line") as batch:
        batch.add_column(
            sa.Column("discount_cents", sa.Integer(), server_default="0", nullable=False)
        )
        batch.create_check_constraint(op.f("ck_order_line_discount"), "discount_cents >= 0")
    with op.batch_alter_table("pass_rule") as batch:
        batch.add_column(
            sa.Column("unpaid_minutes", sa.Integer(), server_default="1440", nullable=False)
        )
        batch.create_check_constraint(
            op.f("ck_pass_rule_unpaid"), "unpaid_minutes BETWEEN 5 AND 10080"
        )
    _create_vouchers()
    _create_baskets()
    op.create_table(
        "order_expiry",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("expired_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_expiry_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_expiry")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_expiry_order_id")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER order_expiry_append_only BEFORE UPDATE OR DELETE ON order_expiry "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def _create_vouchers() -> None:
    op.create_table(
        "voucher",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("percent_bp", sa.Integer(), nullable=True),
        sa.Column("cents", sa.Integer(), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.CheckConstraint("uses BETWEEN 0 AND most_uses", name=op.f("ck_voucher_uses")),
        sa.CheckConstraint("most_uses BETWEEN 1 AND 1000000", name=op.f("ck_voucher_most")),
        sa.CheckConstraint(
            "(percent_bp IS NULL) <> (cents IS NULL)", name=op.f("ck_voucher_value")
        ),
        sa.CheckConstraint(
            "percent_bp BETWEEN 1 AND 10000 AND cents > 0", name=op.f("ck_voucher_amount")
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_voucher_days")),
        sa.ForeignKeyConstraint(["created_by"], ["member.id"], name=op.f("fk_voucher_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher")),
        sa.UniqueConstraint("digest", name=op.f("uq_voucher_digest")),
    )
    op.create_table(
        "voucher_product",
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher.id"], name=op.f("fk_voucher_product_voucher_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_voucher_product_product_id")
        ),
        sa.PrimaryKeyConstraint("voucher_id", "product_id", name=op.f("pk_voucher_product")),
    )
    op.create_index("ix_voucher_product_product_id", "voucher_product", ["product_id"])
    op.create_table(
        "voucher_use",
        sa.Column("id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("taken_at", WHEN, nullable=False),
        sa.Column("freed_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher.id"], name=op.f("fk_voucher_use_voucher_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_voucher_use_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_use")),
        sa.UniqueConstraint("order_id", name=op.f("uq_voucher_use_order_id")),
    )
    op.create_index("ix_voucher_use_voucher_id", "voucher_use", ["voucher_id"])


def _create_baskets() -> None:
    op.create_table(
        "basket_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("added_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_basket_line_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_basket_line_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_line")),
        sa.UniqueConstraint(
            "member_id", "product_id", name=op.f("uq_basket_line_member_id_product_id")
        ),
    )
    op.create_table(
        "basket_voucher",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_basket_voucher_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher.id"], name=op.f("fk_basket_voucher_voucher_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_basket_voucher")),
    )


def downgrade() -> None:
    for table in (
        "basket_voucher",
        "basket_line",
        "order_expiry",
        "voucher_use",
        "voucher_product",
        "voucher",
    ):
        op.drop_table(table)
    with op.batch_alter_table("pass_rule") as batch:
        batch.drop_constraint(op.f("ck_pass_rule_unpaid"), type_="check")
        batch.drop_column("unpaid_minutes")
    with op.batch_alter_table("order_line") as batch:
        batch.drop_constraint(op.f("ck_order_line_discount"), type_="check")
        batch.drop_column("discount_cents")
    op.drop_index("ix_orders_pay_until", "orders")
    with op.batch_alter_table("orders") as batch:
        batch.drop_column("pay_until")
    _delete_records()


def _delete_records() -> None:
    # The next upgrade begins without rows.
    connection = op.get_bind()
    delete = "DELETE FROM row_record WHERE of_table = 'voucher'"
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE row_record DISABLE TRIGGER row_record_append_only")
        op.execute(delete)
        op.execute("ALTER TABLE row_record ENABLE TRIGGER row_record_append_only")
        return
    made = sa.text("SELECT sql FROM sqlite_master WHERE name = 'row_record_no_delete'")
    trigger = connection.execute(made).scalar_one()
    op.execute("DROP TRIGGER row_record_no_delete")
    op.execute(delete)
    op.execute(trigger)
