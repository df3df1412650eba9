"""The HTML part and the calendar file of a mail.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

PARTS = ("html", "calendar")


def upgrade() -> None:
    # Mails that already wait have neither, and go out as text.
    for name in PARTS:
        op.add_column("outbox", sa.Column(name, sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    for name in PARTS:
        op.drop_column("outbox", name)
