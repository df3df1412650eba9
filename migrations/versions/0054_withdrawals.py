"""Consent to a start within the time of withdrawal, and withdrawals from orders.

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table, *columns in (
        (
            "start_consent",
            sa.Column("text_version", sa.Integer(), nullable=False),
            sa.Column("given_at", WHEN, nullable=False),
        ),
        ("withdrawal", sa.Column("withdrawn_at", WHEN, nullable=False)),
    ):
        op.create_table(
            table,
            sa.Column("id", ID, nullable=False),
            sa.Column("order_id", ID, nullable=False),
            *columns,
            sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=f"fk_{table}_order_id"),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
            sa.UniqueConstraint("order_id", name=f"uq_{table}_order_id"),
        )
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    op.drop_table("withdrawal")
    op.drop_table("start_consent")
