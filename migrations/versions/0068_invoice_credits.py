"""An invoice is credited in parts: how much of each line was credited.

Revision ID: 0068
Revises: 0067
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "credited_invoice_line",
        sa.Column("invoice_line_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("credited_quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "credited_quantity BETWEEN 0 AND quantity",
            name=op.f("ck_credited_invoice_line_credited"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"],
            ["invoice_line.id"],
            name=op.f("fk_credited_invoice_line_invoice_line_id"),
        ),
        sa.PrimaryKeyConstraint("invoice_line_id", name=op.f("pk_credited_invoice_line")),
    )
    # So far a credit note has taken back the whole invoice.
    op.execute(
        "INSERT INTO credited_invoice_line (invoice_line_id, quantity, credited_quantity) "
        "SELECT invoice_line.id, invoice_line.quantity, invoice_line.quantity FROM invoice_line "
        "JOIN invoice ON invoice.credits_id = invoice_line.invoice_id"
    )
    op.drop_index("uq_invoice_credits_id", table_name="invoice")
    op.create_index(op.f("ix_invoice_credits_id"), "invoice", ["credits_id"])


def downgrade() -> None:
    """Refused by the database where an invoice has several credit notes."""
    op.drop_index(op.f("ix_invoice_credits_id"), table_name="invoice")
    op.create_index("uq_invoice_credits_id", "invoice", ["credits_id"], unique=True)
    op.drop_table("credited_invoice_line")
