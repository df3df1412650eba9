"""A booking keeps the time until which it can be cancelled, as its person was told.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Empty in bookings of before: they go by the policy in force, as until now.
    op.add_column("booking", sa.Column("cancel_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("booking", "cancel_until")
