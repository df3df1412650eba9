"""Surveys, people and roles: who sold, on each receipt; whom a survey is for; drafts of surveys.

Columns are added in SQL that both engines take as it stands: to make a table anew only for them would be worse.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SELLER = ("seller_name", "seller_address", "seller_business_id")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in SELLER:
        op.execute(f"ALTER TABLE receipt ADD COLUMN {column} VARCHAR DEFAULT '' NOT NULL")
    op.execute(
        "ALTER TABLE survey ADD COLUMN audience VARCHAR DEFAULT 'pass' NOT NULL "
        "CONSTRAINT ck_survey_audience CHECK (audience IN ('pass', 'eligible'))"
    )
    op.create_table(
        "survey_draft",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("changed_by", BIG, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["member.id"], name="fk_survey_draft_changed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_survey_draft"),
        sa.UniqueConstraint("public_id", name="uq_survey_draft_public_id"),
    )


def downgrade() -> None:
    op.drop_table("survey_draft")
    op.execute("ALTER TABLE survey DROP COLUMN audience")
    for column in SELLER:
        op.execute(f"ALTER TABLE receipt DROP COLUMN {column}")
