"""Bundles: their parts, the bundles in orders, and whether a pass counts in target A.

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = (
    "sports_pass",
    "gym_pass",
    "single_visit",
    "test",
    "complimentary",
    "guest",
    "companion",
    "fee",
)
RECORDED = ("product 3", "price", "pass 4", "bundle_part")
ORDER_OF = {
    "order_bundle": "OLD.order_id",
    "order_bundle_line": (
        "(SELECT order_id FROM order_line WHERE order_line.id = OLD.order_line_id)"
    ),
}
REFUSAL = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
)


def upgrade() -> None:
    _set_kinds((*KINDS, "bundle"))
    op.add_column(
        "pass", sa.Column("counts", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.create_table(
        "bundle_part",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("part_product_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.CheckConstraint("share BETWEEN 1 AND 1000000", name=op.f("ck_bundle_part_share")),
        sa.CheckConstraint("product_id <> part_product_id", name=op.f("ck_bundle_part_other")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_bundle_part_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["part_product_id"], ["product.id"], name=op.f("fk_bundle_part_part_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_part")),
        sa.UniqueConstraint(
            "product_id", "position", name=op.f("uq_bundle_part_product_id_position")
        ),
    )
    op.create_index(op.f("ix_bundle_part_part_product_id"), "bundle_part", ["part_product_id"])
    op.create_table(
        "order_bundle",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("cents >= 0", name=op.f("ck_order_bundle_cents")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_bundle_order_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_order_bundle_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_bundle")),
    )
    op.create_index(op.f("ix_order_bundle_order_id"), "order_bundle", ["order_id"])
    op.create_table(
        "order_bundle_line",
        sa.Column("order_line_id", ID, nullable=False),
        sa.Column("order_bundle_id", ID, nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_order_bundle_line_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_bundle_id"],
            ["order_bundle.id"],
            name=op.f("fk_order_bundle_line_order_bundle_id"),
        ),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_order_bundle_line")),
    )
    op.create_index(
        op.f("ix_order_bundle_line_order_bundle_id"), "order_bundle_line", ["order_bundle_id"]
    )
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes()


def _refuse_changes() -> None:
    for table, order in ORDER_OF.items():
        covered = (
            f"EXISTS (SELECT 1 FROM deleted_year JOIN orders ON orders.id = {order} "  # noqa: S608
            "WHERE orders.placed_at < deleted_year.ended_at "
            "AND deleted_year.ended_at < now() - interval ''6 years'' "
            "AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.order_id = orders.id "
            "AND receipt.issued_at >= deleted_year.ended_at))"
        )
        op.execute(
            f"CREATE OR REPLACE FUNCTION zone_append_only_{table}() RETURNS trigger "
            f"LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN IF {covered} "
            f"THEN RETURN OLD; END IF; END IF; {REFUSAL}; END'"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION zone_append_only_{table}()"
        )


def downgrade() -> None:
    """An older version knows no bundles: each becomes a fee without a price, so nobody buys it."""
    op.drop_table("order_bundle_line")
    op.drop_table("order_bundle")
    op.drop_table("bundle_part")
    if op.get_bind().dialect.name == "postgresql":
        for table in ORDER_OF:
            op.execute(f"DROP FUNCTION zone_append_only_{table}()")
    op.execute(
        "DELETE FROM price WHERE product_id IN (SELECT id FROM product WHERE kind = 'bundle')"
    )
    op.execute("UPDATE product SET kind = 'fee' WHERE kind = 'bundle'")
    with op.batch_alter_table("pass") as batch:
        batch.drop_column("counts")
    _set_kinds(KINDS)
    _forget_records()


def _set_kinds(kinds: tuple[str, ...]) -> None:
    names = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("product") as batch:
        batch.drop_constraint(op.f("ck_product_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_product_kind"), f"kind IN ({names})")


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    names = ", ".join(f"'{name}'" for name in RECORDED)
    forget = f"DELETE FROM row_record WHERE of_table IN ({names})"  # noqa: S608 -- constants
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
