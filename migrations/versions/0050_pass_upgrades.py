"""Lines of orders that upgrade a pass.

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pass_upgrade",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_line_id", ID, nullable=False),
        sa.Column("pass_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_pass_upgrade_order_line_id")
        ),
        sa.ForeignKeyConstraint(["pass_id"], ["pass.id"], name=op.f("fk_pass_upgrade_pass_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_upgrade")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_pass_upgrade_order_line_id")),
    )
    op.create_index("ix_pass_upgrade_pass_id", "pass_upgrade", ["pass_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER pass_upgrade_append_only BEFORE UPDATE OR DELETE ON pass_upgrade "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    op.drop_table("pass_upgrade")
