"""How many passes staff may give without payment in a day.

Revision ID: 0055
Revises: 0054
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pass_rule") as batch:
        batch.add_column(
            sa.Column("given_a_day", sa.Integer(), server_default="20", nullable=False)
        )
        batch.create_check_constraint(op.f("ck_pass_rule_given"), "given_a_day BETWEEN 0 AND 500")


def downgrade() -> None:
    with op.batch_alter_table("pass_rule") as batch:
        batch.drop_constraint(op.f("ck_pass_rule_given"), type_="check")
        batch.drop_column("given_a_day")
