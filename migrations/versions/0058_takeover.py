"""Passes and card numbers that were taken over from another system.

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
TABLES = ("taken_over_pass", "taken_over_card")


def upgrade() -> None:
    op.create_table(
        "taken_over_pass",
        sa.Column("id", ID, nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("pass_id", ID, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=True),
        sa.Column("paid_cents", sa.Integer(), nullable=True),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.CheckConstraint("paid_cents >= 0", name=op.f("ck_taken_over_pass_paid")),
        sa.ForeignKeyConstraint(["pass_id"], ["pass.id"], name=op.f("fk_taken_over_pass_pass_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_taken_over_pass_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_over_pass")),
        sa.UniqueConstraint("external_id", name=op.f("uq_taken_over_pass_external_id")),
        sa.UniqueConstraint("pass_id", name=op.f("uq_taken_over_pass_pass_id")),
    )
    op.create_table(
        "taken_over_card",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_taken_over_card_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_over_card")),
        sa.UniqueConstraint("number", name=op.f("uq_taken_over_card_number")),
    )
    op.create_index(op.f("ix_taken_over_card_member_id"), "taken_over_card", ["member_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
