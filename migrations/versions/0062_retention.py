"""How long the books are kept; certificates of deleted accounting years, and triggers that ask for them.

Revision ID: 0062
Revises: 0061
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
NEW = ("bookkeeping_rule", "deleted_year", "deleted_numbers", "pass_origin")

BY_PAYMENT = "(SELECT order_id FROM payment WHERE payment.id = OLD.payment_id)"
BY_REFUND = (
    "(SELECT payment.order_id FROM payment JOIN refund ON refund.payment_id = payment.id "
    "WHERE refund.id = OLD.refund_id)"
)
ORDER_OF = {
    "orders": "OLD.id",
    "order_line": "OLD.order_id",
    "payment": "OLD.order_id",
    "receipt": "OLD.order_id",
    "order_expiry": "OLD.order_id",
    "start_consent": "OLD.order_id",
    "withdrawal": "OLD.order_id",
    "receipt_line": "(SELECT order_id FROM receipt WHERE receipt.id = OLD.receipt_id)",
    "payment_event": BY_PAYMENT,
    "provider_payment": BY_PAYMENT,
    "payment_comparison": BY_PAYMENT,
    "till_entry": BY_PAYMENT,
    "refund": BY_PAYMENT,
    "refund_line": BY_REFUND,
    "refund_event": BY_REFUND,
    "pass_upgrade": "(SELECT order_id FROM order_line WHERE order_line.id = OLD.order_line_id)",
}
REFUSAL = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
)


def upgrade() -> None:
    op.create_table(
        "bookkeeping_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("years_kept", sa.Integer(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.CheckConstraint("last_month BETWEEN 1 AND 12", name=op.f("ck_bookkeeping_rule_month")),
        sa.CheckConstraint("years_kept BETWEEN 6 AND 30", name=op.f("ck_bookkeeping_rule_years")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_bookkeeping_rule_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookkeeping_rule")),
    )
    op.create_table(
        "deleted_year",
        sa.Column("id", ID, nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("ended_at", WHEN, nullable=False),
        sa.Column("years_kept", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("deleted_at", WHEN, nullable=False),
        sa.CheckConstraint("years_kept >= 6", name=op.f("ck_deleted_year_years")),
        sa.CheckConstraint("deleted_at > ended_at", name=op.f("ck_deleted_year_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deleted_year")),
        sa.UniqueConstraint("ended_on", name=op.f("uq_deleted_year_ended_on")),
    )
    op.create_table(
        "deleted_numbers",
        sa.Column("id", ID, nullable=False),
        sa.Column("deleted_year_id", ID, nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("1 <= first AND first <= last", name=op.f("ck_deleted_numbers_order")),
        sa.CheckConstraint(
            "count BETWEEN 1 AND last - first + 1", name=op.f("ck_deleted_numbers_count")
        ),
        sa.ForeignKeyConstraint(
            ["deleted_year_id"],
            ["deleted_year.id"],
            name=op.f("fk_deleted_numbers_deleted_year_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deleted_numbers")),
        sa.UniqueConstraint(
            "deleted_year_id",
            "series",
            "year",
            name=op.f("uq_deleted_numbers_deleted_year_id_series_year"),
        ),
    )
    op.create_table(
        "pass_origin",
        sa.Column("pass_id", ID, nullable=False),
        sa.Column("institution_code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["pass_id"], ["pass.id"], name=op.f("fk_pass_origin_pass_id")),
        sa.PrimaryKeyConstraint("pass_id", name=op.f("pk_pass_origin")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in ORDER_OF:  # made again, with the condition, at the end of the migration
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
        return
    for table in NEW:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )
    for table, order in ORDER_OF.items():
        covered = (
            f"EXISTS (SELECT 1 FROM deleted_year JOIN orders ON orders.id = {order} "  # noqa: S608
            "WHERE orders.placed_at < deleted_year.ended_at "
            "AND deleted_year.ended_at < now() - interval ''6 years'' "
            "AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.order_id = orders.id "
            "AND receipt.issued_at >= deleted_year.ended_at))"
        )
        op.execute(
            f"CREATE OR REPLACE FUNCTION zone_append_only_{table}() RETURNS trigger "
            f"LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN IF {covered} "
            f"THEN RETURN OLD; END IF; END IF; {REFUSAL}; END'"
        )
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION zone_append_only_{table}()"
        )


def downgrade() -> None:
    """What was deleted stays so; an older version's `zone doctor` finds its numbers missing."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ORDER_OF:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            op.execute(f"DROP FUNCTION zone_append_only_{table}()")
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )
    for table in reversed(NEW):
        op.drop_table(table)
