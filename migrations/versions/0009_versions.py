"""Versions of edited rows: weekly classes, capacity of sessions, booking policy, products, drafts of surveys.

Columns are added in SQL that both engines take as it stands: a batch rebuild would drop the triggers on SQLite.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("session_rule", "class_session", "booking_policy", "product", "survey_draft")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD COLUMN version INTEGER DEFAULT 1 NOT NULL")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN version")
