"""What is paid when the desk replaces a lost phone.

Revision ID: 0066
Revises: 0065
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pass_rule") as batch:
        batch.add_column(sa.Column("loss_fee", sa.String(), nullable=True))
        batch.add_column(sa.Column("free_losses", sa.Integer(), server_default="0", nullable=False))
        batch.create_check_constraint(op.f("ck_pass_rule_losses"), "free_losses BETWEEN 0 AND 50")


def downgrade() -> None:
    with op.batch_alter_table("pass_rule") as batch:
        batch.drop_constraint(op.f("ck_pass_rule_losses"), type_="check")
        batch.drop_column("free_losses")
        batch.drop_column("loss_fee")
