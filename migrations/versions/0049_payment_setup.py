"""Which payment providers are offered, and trials of them.

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "provider_switch",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_provider_switch_recorded_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_switch")),
    )
    op.create_table(
        "provider_trial",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('answered', 'failed')", name=op.f("ck_provider_trial_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_provider_trial_recorded_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_trial")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("provider_switch", "provider_trial"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    op.drop_table("provider_trial")
    op.drop_table("provider_switch")
