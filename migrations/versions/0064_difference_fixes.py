"""Differences with payment providers are mended by the service, which asks them to give back.

Revision ID: 0064
Revises: 0063
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
TABLES = ("difference_fix", "difference_fix_event")


def upgrade() -> None:
    op.add_column("unknown_payment", sa.Column("provider_reference", sa.String(), nullable=True))
    op.create_table(
        "difference_fix",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("difference", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("cents_back", sa.Integer(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.CheckConstraint(
            "action IN ('cancel_sale', 'give_back')", name=op.f("ck_difference_fix_action")
        ),
        sa.CheckConstraint("cents_back >= 0", name=op.f("ck_difference_fix_cents_back")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_difference_fix_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference_fix")),
        sa.UniqueConstraint("public_id", name=op.f("uq_difference_fix_public_id")),
        sa.UniqueConstraint("difference", name=op.f("uq_difference_fix_difference")),
    )
    op.create_table(
        "difference_fix_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("fix_id", ID, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused')", name=op.f("ck_difference_fix_event_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["fix_id"], ["difference_fix.id"], name=op.f("fk_difference_fix_event_fix_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference_fix_event")),
        sa.UniqueConstraint("fix_id", name=op.f("uq_difference_fix_event_fix_id")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    """What was mended stays so; an older version shows those differences again."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("unknown_payment", "provider_reference")
