"""Head counts of sessions.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "head_count",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("counted_by", BIG, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("people BETWEEN 0 AND 999", name=op.f("ck_head_count_people")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["class_session.id"],
            name=op.f("fk_head_count_session_id_class_session"),
        ),
        sa.ForeignKeyConstraint(
            ["counted_by"], ["member.id"], name=op.f("fk_head_count_counted_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_count")),
    )
    op.create_index(op.f("ix_head_count_session_id"), "head_count", ["session_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER head_count_append_only BEFORE UPDATE OR DELETE ON head_count "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    op.drop_table("head_count")
