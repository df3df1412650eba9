"""Money: payments as their providers know them, refunds carried out, and credit receipts.

A refund that was recorded before is marked as given back by hand: the job that calls the provider must not pay it back
once more.

Revision ID: 0010_money
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_money"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
SALE = "(kind = 'sale' AND cents >= 0) OR (kind = 'refund' AND cents <= 0)"
WITH_CREDIT = f"{SALE} OR (kind = 'credit' AND cents <= 0 AND payment_id IS NOT NULL)"
APPEND_ONLY = ("provider_payment", "refund_event")
RIGHTS = ("entitlements", "campuses")
ONE_OF_EACH = sa.text("kind <> 'credit'")


def upgrade() -> None:
    # In SQL that both engines take as it stands: a batch rebuild would copy the whole table.
    op.execute("ALTER TABLE order_line ADD COLUMN kind VARCHAR")
    for column in RIGHTS:
        op.execute(f"ALTER TABLE order_line ADD COLUMN {column} JSON")
    op.create_table(
        "provider_payment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("payment_id", BIG, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_provider_payment_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_payment")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_provider_payment_payment_id")),
    )
    op.create_table(
        "refund_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("refund_id", BIG, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'by_hand')", name=op.f("ck_refund_event_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_refund_event_refund_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_event")),
        sa.UniqueConstraint("refund_id", "outcome", name=op.f("uq_refund_event_refund_id_outcome")),
    )
    op.execute(
        "INSERT INTO refund_event (refund_id, outcome, recorded_at) SELECT id, 'by_hand', recorded_at FROM refund"
    )
    for table in APPEND_ONLY:
        _refuse_changes(table)
    _allow_credits()


def _allow_credits() -> None:
    with op.batch_alter_table("receipt") as batch:
        batch.add_column(sa.Column("payment_id", BIG, nullable=True))
        batch.create_foreign_key(op.f("fk_receipt_payment_id"), "payment", ["payment_id"], ["id"])
    with op.batch_alter_table("receipt") as batch:
        batch.drop_constraint(op.f("ck_receipt_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_receipt_kind"), WITH_CREDIT)
    op.drop_index("uq_receipt_order_id_kind", "receipt")
    op.create_index(
        "uq_receipt_order_id_kind",
        "receipt",
        ["order_id", "kind"],
        unique=True,
        sqlite_where=ONE_OF_EACH,
        postgresql_where=ONE_OF_EACH,
    )
    op.create_index("uq_receipt_payment_id", "receipt", ["payment_id"], unique=True)


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
    )


def downgrade() -> None:
    kept = op.get_bind().scalar(sa.text("SELECT count(*) FROM receipt WHERE kind = 'credit'"))
    if kept:
        # The old schema cannot hold them, and a receipt is never deleted.
        raise RuntimeError(
            f"{kept} credit receipts would be lost, so nothing was changed. Restore a backup."
        )
    op.drop_index("uq_receipt_payment_id", "receipt")
    op.drop_index("uq_receipt_order_id_kind", "receipt")
    with op.batch_alter_table("receipt") as batch:
        batch.drop_constraint(op.f("ck_receipt_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_receipt_kind"), SALE)
    with op.batch_alter_table("receipt") as batch:
        batch.drop_constraint(op.f("fk_receipt_payment_id"), type_="foreignkey")
        batch.drop_column("payment_id")
    op.create_index("uq_receipt_order_id_kind", "receipt", ["order_id", "kind"], unique=True)
    op.drop_table("refund_event")
    op.drop_table("provider_payment")
    for column in ("kind", *RIGHTS):
        op.execute(f"ALTER TABLE order_line DROP COLUMN {column}")
