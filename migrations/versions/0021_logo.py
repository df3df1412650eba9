"""The logo of the service.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("service_profile") as table:
        table.add_column(sa.Column("logo_digest", sa.String(), nullable=True))
        table.add_column(sa.Column("logo", sa.LargeBinary(), nullable=True))
        table.create_check_constraint("logo", "(logo IS NULL) = (logo_digest IS NULL)")


def downgrade() -> None:
    with op.batch_alter_table("service_profile") as table:
        table.drop_constraint("logo", type_="check")
        table.drop_column("logo")
        table.drop_column("logo_digest")
