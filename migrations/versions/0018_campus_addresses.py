"""Address and position of a campus.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ADDRESS = "(street IS NULL) = (postal_code IS NULL) AND (street IS NULL) = (city IS NULL)"
POSITION = (
    "(latitude IS NULL) = (longitude IS NULL)"
    " AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180"
)
COLUMNS = {
    "street": sa.String(),
    "postal_code": sa.String(),
    "city": sa.String(),
    "latitude": sa.Double(),
    "longitude": sa.Double(),
}


def upgrade() -> None:
    with op.batch_alter_table("campus") as batch:
        for name, kind in COLUMNS.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.create_check_constraint(op.f("ck_campus_address"), ADDRESS)
        batch.create_check_constraint(op.f("ck_campus_position"), POSITION)


def downgrade() -> None:
    with op.batch_alter_table("campus") as batch:
        batch.drop_constraint(op.f("ck_campus_address"), type_="check")
        batch.drop_constraint(op.f("ck_campus_position"), type_="check")
        for name in ("version", *reversed(COLUMNS)):
            batch.drop_column(name)
