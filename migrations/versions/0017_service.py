"""The service's own data: names, contact, accent colour and seller.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No row: until somebody saves one, the settings ZONE_SELLER_… are the first values.
    op.create_table(
        "service_profile",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("accent", sa.String(), nullable=False),
        sa.Column("seller_name", sa.String(), nullable=False),
        sa.Column("seller_address", sa.String(), nullable=False),
        sa.Column("seller_business_id", sa.String(), nullable=False),
        sa.Column("seller_vat", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_service_profile_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_profile")),
    )


def downgrade() -> None:
    op.drop_table("service_profile")
