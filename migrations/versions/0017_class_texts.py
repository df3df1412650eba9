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
LEVEL = "level IN ('everybody', 'beginners', 'experienced')"


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            level = sa.Column("level", sa.String(), nullable=False, server_default="everybody")
            batch.add_column(level)
            for text in TEXTS:
                batch.add_column(sa.Column(text, sa.String(), nullable=False, server_default=""))
            batch.create_check_constraint(op.f(f"ck_{table}_level"), LEVEL)


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_level"), type_="check")
            for column in (*TEXTS, "level"):
                batch.drop_column(column)
