"""The service's own data, and feedback on accessibility.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
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
    op.create_table(
        "accessibility_feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "answered_by",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("answer", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)",
            name=op.f("ck_accessibility_feedback_answered"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["member.id"], name=op.f("fk_accessibility_feedback_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accessibility_feedback")),
        sa.UniqueConstraint("public_id", name=op.f("uq_accessibility_feedback_public_id")),
    )
    op.create_index(op.f("ix_accessibility_feedback_due_on"), "accessibility_feedback", ["due_on"])


def downgrade() -> None:
    op.drop_table("accessibility_feedback")
    op.drop_table("service_profile")
