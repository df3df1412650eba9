"""Refunds that a provider has made and that the books do not have.

Revision ID: 0079
Revises: 0078
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
TABLE = "unknown_refund"
ORDER = "(SELECT order_id FROM payment WHERE payment.id = OLD.payment_id)"
COVERED = (
    f"EXISTS (SELECT 1 FROM deleted_year JOIN orders ON orders.id = {ORDER} "  # noqa: S608
    "WHERE orders.placed_at < deleted_year.ended_at "
    "AND deleted_year.ended_at < now() - interval ''6 years'' "
    "AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.order_id = orders.id "
    "AND receipt.issued_at >= deleted_year.ended_at))"
)
REFUSAL = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("provider_reference", sa.String(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint("cents > 0", name=op.f("ck_unknown_refund_cents")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_unknown_refund_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unknown_refund")),
        sa.UniqueConstraint("public_id", name=op.f("uq_unknown_refund_public_id")),
        sa.UniqueConstraint(
            "payment_id",
            "provider_reference",
            name=op.f("uq_unknown_refund_payment_id_provider_reference"),
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        return  # its triggers are made at the end of the migration
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
    """They are found again: each provider is asked about the last 30 days."""
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION zone_append_only_{TABLE}()")
