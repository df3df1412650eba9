"""Tills with their days, the money in them, and their closes.

Revision ID: 0056
Revises: 0055
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
TABLES = ("till", "till_day", "till_entry", "cash_movement", "till_close", "till_count")


def _id() -> sa.Column[int]:
    return sa.Column("id", ID, nullable=False)


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def upgrade() -> None:
    op.create_table(
        "till",
        _id(),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("campus_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_at", WHEN, nullable=False),
        sa.Column("added_by", ID, nullable=True),
        _refers("till", "campus_id", "campus"),
        _refers("till", "added_by", "member"),
        _key("till"),
        sa.UniqueConstraint("code", name=op.f("uq_till_code")),
    )
    op.create_index("ix_till_campus_id", "till", ["campus_id"])
    op.create_table(
        "till_day",
        _id(),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("till_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("float_cents", sa.Integer(), nullable=False),
        sa.Column("opened_at", WHEN, nullable=False),
        sa.Column("opened_by", ID, nullable=True),
        sa.CheckConstraint("float_cents >= 0", name=op.f("ck_till_day_float")),
        _refers("till_day", "till_id", "till"),
        _refers("till_day", "opened_by", "member"),
        _key("till_day"),
        sa.UniqueConstraint("public_id", name=op.f("uq_till_day_public_id")),
        sa.UniqueConstraint("till_id", "number", name=op.f("uq_till_day_till_id_number")),
    )
    op.create_table(
        "till_entry",
        _id(),
        sa.Column("till_day_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("refund_id", ID, nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(cents > 0 AND refund_id IS NULL) OR (cents < 0 AND refund_id IS NOT NULL)",
            name=op.f("ck_till_entry_refund"),
        ),
        _refers("till_entry", "till_day_id", "till_day"),
        _refers("till_entry", "payment_id", "payment"),
        _refers("till_entry", "refund_id", "refund"),
        _key("till_entry"),
        sa.UniqueConstraint("refund_id", name=op.f("uq_till_entry_refund_id")),
    )
    op.create_index("ix_till_entry_till_day_id", "till_entry", ["till_day_id"])
    sale = sa.text("refund_id IS NULL")
    op.create_index(
        "uq_till_entry_payment_id",
        "till_entry",
        ["payment_id"],
        unique=True,
        sqlite_where=sale,
        postgresql_where=sale,
    )
    op.create_table(
        "cash_movement",
        _id(),
        sa.Column("till_day_id", ID, nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.CheckConstraint("cents <> 0", name=op.f("ck_cash_movement_cents")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_cash_movement_reason")),
        _refers("cash_movement", "till_day_id", "till_day"),
        _refers("cash_movement", "recorded_by", "member"),
        _key("cash_movement"),
    )
    op.create_index("ix_cash_movement_till_day_id", "cash_movement", ["till_day_id"])
    op.create_table(
        "till_close",
        _id(),
        sa.Column("till_day_id", ID, nullable=False),
        sa.Column("closed_at", WHEN, nullable=False),
        sa.Column("closed_by", ID, nullable=True),
        _refers("till_close", "till_day_id", "till_day"),
        _refers("till_close", "closed_by", "member"),
        _key("till_close"),
        sa.UniqueConstraint("till_day_id", name=op.f("uq_till_close_till_day_id")),
    )
    op.create_table(
        "till_count",
        _id(),
        sa.Column("till_close_id", ID, nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("expected_cents", sa.Integer(), nullable=False),
        sa.Column("counted_cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "expected_cents = counted_cents OR length(reason) > 0",
            name=op.f("ck_till_count_reason"),
        ),
        _refers("till_count", "till_close_id", "till_close"),
        _key("till_count"),
        sa.UniqueConstraint(
            "till_close_id", "method", name=op.f("uq_till_count_till_close_id_method")
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
