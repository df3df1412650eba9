"""What payment providers say of payments, and what staff did where that differs.

Revision ID: 0051
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
TABLES = ("payment_comparison", "unknown_payment", "difference_note")


def upgrade() -> None:
    op.create_table(
        "payment_comparison",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=True),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "result IN ('agrees', 'not_paid', 'unknown_there', 'other_sum')",
            name=op.f("ck_payment_comparison_result"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_comparison_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_comparison")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_payment_comparison_payment_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_payment_comparison_public_id")),
    )
    op.create_table(
        "unknown_payment",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unknown_payment")),
        sa.UniqueConstraint(
            "provider", "reference", name=op.f("uq_unknown_payment_provider_reference")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_unknown_payment_public_id")),
    )
    op.create_table(
        "difference_note",
        sa.Column("id", ID, nullable=False),
        sa.Column("difference", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_difference_note_recorded_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference_note")),
        sa.UniqueConstraint("difference", name=op.f("uq_difference_note_difference")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
