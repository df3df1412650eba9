"""The chart of accounts, and an index by which the books are read day by day.

Revision ID: 0057
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("vat_code", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.CheckConstraint(
            "slot IN ('sales', 'vat', 'method', 'other')", name=op.f("ck_account_rule_slot")
        ),
        sa.CheckConstraint("length(account) > 0", name=op.f("ck_account_rule_account")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_account_rule_recorded_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_rule")),
    )
    op.create_index("ix_account_rule_slot", "account_rule", ["slot", "subject", "valid_from"])
    op.create_index("ix_receipt_issued_at", "receipt", ["issued_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER account_rule_append_only BEFORE UPDATE OR DELETE ON account_rule "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    op.drop_index("ix_receipt_issued_at", "receipt")
    op.drop_table("account_rule")
