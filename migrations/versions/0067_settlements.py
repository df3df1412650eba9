"""What payment providers have paid out, row by row.

Revision ID: 0067
Revises: 0066
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "settlement_row"
REFUSAL = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
)
COVERED = (
    "EXISTS (SELECT 1 FROM deleted_year JOIN orders ON orders.id = "
    "(SELECT order_id FROM payment WHERE payment.id = OLD.payment_id) "
    "WHERE orders.placed_at < deleted_year.ended_at "
    "AND deleted_year.ended_at < now() - interval ''6 years'' "
    "AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.order_id = orders.id "
    "AND receipt.issued_at >= deleted_year.ended_at))"
)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("payout", sa.String(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("row_key", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("gross_cents", sa.Integer(), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_settlement_row_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_settlement_row_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_row")),
        sa.UniqueConstraint("provider", "row_key", name=op.f("uq_settlement_row_provider_row_key")),
    )
    op.create_index(op.f("ix_settlement_row_paid_on"), TABLE, ["paid_on"])
    op.create_index(op.f("ix_settlement_row_payment_id"), TABLE, ["payment_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE OR REPLACE FUNCTION zone_append_only_{TABLE}() RETURNS trigger "
            f"LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN IF {COVERED} "
            f"THEN RETURN OLD; END IF; END IF; {REFUSAL}; END'"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            f"FOR EACH ROW EXECUTE FUNCTION zone_append_only_{TABLE}()"
        )


def downgrade() -> None:
    """What was paid out can be uploaded again."""
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION zone_append_only_{TABLE}()")
