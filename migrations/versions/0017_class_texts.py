"""Classes say whom they suit, what they are about, and what to bring.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("session_rule", "class_session")
TEXTS = (
    "description_fi",
    "description_sv",
    "description_en",
    "bring_fi",
    "bring_sv",
    "bring_en",
)
LEVEL = (
    "ALTER TABLE {table} ADD COLUMN level VARCHAR DEFAULT 'everybody' NOT NULL "
    "CONSTRAINT ck_{table}_level CHECK (level IN ('everybody', 'beginners', 'experienced'))"
)


def upgrade() -> None:
    # Not by making SQLite's tables anew: their other checks would go from columns to the table.
    for table in TABLES:
        op.execute(LEVEL.format(table=table))
        for text in TEXTS:
            op.add_column(table, sa.Column(text, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for table in TABLES:
        for column in TEXTS:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        # On SQLite revision 0032 leaves the check at the table, where it outlives the column.
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_level"), type_="check")
            batch.drop_column("level")
