"""Cost shares of institutions: weights, periods with their cost, and fixed reports.

Revision ID: 0069
Revises: 0068
"""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
WHOLE = "visits_bp + sales_bp + holders_bp = 10000"
EACH = "visits_bp >= 0 AND sales_bp >= 0 AND holders_bp >= 0"
NEW = (
    "share_weights",
    "cost_period",
    "cost_month",
    "period_cost",
    "fixed_shares",
    "fixed_share",
)


def upgrade() -> None:
    op.create_table(
        "share_weights",
        sa.Column("id", ID, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        *_weights(),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        *_checks("share_weights"),
        _member("share_weights", "recorded_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_weights")),
    )
    op.create_table(
        "cost_period",
        sa.Column("id", ID, nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_cost_period_order")),
        _member("cost_period", "recorded_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_period")),
        sa.UniqueConstraint("first_month", name=op.f("uq_cost_period_first_month")),
    )
    op.create_table(
        "cost_month",
        sa.Column("id", ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("period_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["period_id"], ["cost_period.id"], name=op.f("fk_cost_month_period_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_month")),
        sa.UniqueConstraint("month", name=op.f("uq_cost_month_month")),
    )
    op.create_table(
        "period_cost",
        sa.Column("id", ID, nullable=False),
        sa.Column("period_id", ID, nullable=False),
        sa.Column("cents", ID, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.CheckConstraint("cents > 0", name=op.f("ck_period_cost_cents")),
        sa.ForeignKeyConstraint(
            ["period_id"], ["cost_period.id"], name=op.f("fk_period_cost_period_id")
        ),
        _member("period_cost", "recorded_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_cost")),
    )
    op.create_index("ix_period_cost_period_id", "period_cost", ["period_id"])
    op.create_table(
        "fixed_shares",
        sa.Column("id", ID, nullable=False),
        sa.Column("period_id", ID, nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("as_of", WHEN, nullable=False),
        sa.Column("cents", ID, nullable=False),
        *_weights(),
        sa.Column("visit_rows", sa.Integer(), nullable=False),
        sa.Column("sale_rows", sa.Integer(), nullable=False),
        sa.Column("pass_rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("fixed_at", WHEN, nullable=False),
        sa.Column("fixed_by", ID, nullable=True),
        *_checks("fixed_shares"),
        sa.ForeignKeyConstraint(
            ["period_id"], ["cost_period.id"], name=op.f("fk_fixed_shares_period_id")
        ),
        _member("fixed_shares", "fixed_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fixed_shares")),
        sa.UniqueConstraint("period_id", name=op.f("uq_fixed_shares_period_id")),
    )
    op.create_table(
        "fixed_share",
        sa.Column("id", ID, nullable=False),
        sa.Column("fixed_id", ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("cents", ID, nullable=False),
        sa.Column("visits", sa.Integer(), nullable=True),
        sa.Column("sales_cents", ID, nullable=True),
        sa.Column("holders", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(visits IS NULL) = (holders IS NULL) AND (visits IS NULL) = (sales_cents IS NULL)",
            name=op.f("ck_fixed_share_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["fixed_id"], ["fixed_shares.id"], name=op.f("fk_fixed_share_fixed_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fixed_share")),
        sa.UniqueConstraint("fixed_id", "code", name=op.f("uq_fixed_share_fixed_id_code")),
    )
    if op.get_bind().dialect.name == "sqlite":
        return  # the migration's environment makes the triggers of SQLite at its end
    for table in NEW:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def _weights() -> list[sa.Column[int]]:
    names = ("visits_bp", "sales_bp", "holders_bp")
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _checks(table: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(WHOLE, name=op.f(f"ck_{table}_whole")),
        sa.CheckConstraint(EACH, name=op.f(f"ck_{table}_each")),
    ]


def _member(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["member.id"], name=op.f(f"fk_{table}_{column}"))


def downgrade() -> None:
    for table in reversed(NEW):
        op.drop_table(table)
