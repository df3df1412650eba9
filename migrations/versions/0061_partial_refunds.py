"""Several refunds of one payment, by line of the order, never more than was paid.

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# So far an order had one refund by staff or its buyer, which ended its passes and whose parts are on
# its credit note; what came without selling anything went back whole.
LINES = """
INSERT INTO refund_line (refund_id, order_line_id, cents, ends_pass)
SELECT refund.id, order_line.id, -coalesce(receipt_line.cents, -order_line.cents), true
FROM refund
JOIN payment ON payment.id = refund.payment_id
JOIN order_line ON order_line.order_id = payment.order_id
LEFT JOIN receipt_line ON receipt_line.order_line_id = order_line.id
    AND receipt_line.receipt_id IN (SELECT id FROM receipt WHERE kind = 'refund')
WHERE refund.recorded_by IS NOT NULL
ORDER BY refund.id, order_line.id
"""
COUNTS = """
INSERT INTO refunded_payment (payment_id, paid_cents, refunded_cents)
SELECT refund.payment_id,
    CASE WHEN refund.recorded_by IS NULL THEN refund.cents ELSE payment.cents END, refund.cents
FROM refund JOIN payment ON payment.id = refund.payment_id
"""
WAITING = """
SELECT count(*) FROM refund WHERE payment_id IN (
    SELECT payment_id FROM refund GROUP BY payment_id HAVING count(*) > 1
) AND NOT EXISTS (SELECT 1 FROM refund_event WHERE refund_id = refund.id)
"""
NOT_OLDEST = (
    "SELECT id FROM refund WHERE id NOT IN (SELECT min(id) FROM refund GROUP BY payment_id)"
)
SUMS = """
UPDATE refund SET cents = (
    SELECT sum(other.cents) FROM refund AS other WHERE other.payment_id = refund.payment_id
)
"""


def upgrade() -> None:
    with op.batch_alter_table("refund") as batch:
        batch.drop_constraint(op.f("uq_refund_payment_id"), type_="unique")
        batch.add_column(sa.Column("method", sa.String(), nullable=True))
        batch.create_index(op.f("ix_refund_payment_id"), ["payment_id"])
    op.create_table(
        "refund_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("refund_id", ID, nullable=False),
        sa.Column("order_line_id", ID, nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("ends_pass", sa.Boolean(), nullable=False),
        sa.CheckConstraint("cents >= 0", name=op.f("ck_refund_line_cents")),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_refund_line_refund_id_refund")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_refund_line_order_line_id_order_line"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_line")),
        sa.UniqueConstraint(
            "refund_id", "order_line_id", name=op.f("uq_refund_line_refund_id_order_line_id")
        ),
    )
    op.create_index(op.f("ix_refund_line_order_line_id"), "refund_line", ["order_line_id"])
    op.create_table(
        "refunded_payment",
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("paid_cents", sa.Integer(), nullable=False),
        sa.Column("refunded_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "refunded_cents BETWEEN 0 AND paid_cents", name=op.f("ck_refunded_payment_refunded")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_refunded_payment_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_refunded_payment")),
    )
    op.execute(LINES)
    op.execute(COUNTS)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER refund_line_append_only BEFORE UPDATE OR DELETE ON refund_line "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    # The version before knows one refund of a payment: a sum of which a part still waits would be
    # paid out twice, or not at all.
    if op.get_bind().execute(sa.text(WAITING)).scalar_one():
        raise RuntimeError("Refunds in parts still wait for their provider: run the jobs first.")
    op.drop_table("refunded_payment")
    op.drop_table("refund_line")
    # On SQLite the triggers go with the old table, and are made again at the end.
    with op.batch_alter_table("refund") as batch:
        batch.drop_index(op.f("ix_refund_payment_id"))
        batch.drop_column("method")
    with op.batch_alter_table("refund_event") as batch:
        batch.drop_constraint(op.f("ck_refund_event_outcome"), type_="check")
    _merge_parts()
    with op.batch_alter_table("refund_event") as batch:
        batch.create_check_constraint(
            op.f("ck_refund_event_outcome"), "outcome IN ('done', 'refused', 'by_hand')"
        )
    with op.batch_alter_table("refund") as batch:
        batch.create_unique_constraint(op.f("uq_refund_payment_id"), ["payment_id"])


def _merge_parts() -> None:
    """Let the oldest refund of a payment have the sum of all."""
    tables = ("refund", "refund_event") if op.get_bind().dialect.name == "postgresql" else ()
    for table in tables:
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
    op.execute(SUMS)
    op.execute(f"DELETE FROM refund_event WHERE refund_id IN ({NOT_OLDEST})")  # noqa: S608 -- constant
    op.execute(f"DELETE FROM refund WHERE id IN ({NOT_OLDEST})")  # noqa: S608 -- constant
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only")
