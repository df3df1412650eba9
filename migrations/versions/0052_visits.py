"""Passes of so many visits, with a row for each visit that they have paid for.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
COUNTED = ("product", "order_line", "pass")
RECORDED = ("product 3", "pass 3", "pass_visit")


def upgrade() -> None:
    for table in COUNTED:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("visits", sa.Integer(), nullable=True))
            batch.create_check_constraint(op.f(f"ck_{table}_visits"), "visits > 0")
    op.create_table(
        "pass_visit",
        sa.Column("id", ID, nullable=False),
        sa.Column("pass_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND granted", name=op.f("ck_pass_visit_number")),
        sa.ForeignKeyConstraint(["pass_id"], ["pass.id"], name=op.f("fk_pass_visit_pass_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_visit")),
        sa.UniqueConstraint("pass_id", "number", name=op.f("uq_pass_visit_pass_id_number")),
        sa.UniqueConstraint(
            "pass_id", "occurred_at", name=op.f("uq_pass_visit_pass_id_occurred_at")
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER pass_visit_append_only BEFORE UPDATE OR DELETE ON pass_visit "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    op.drop_table("pass_visit")
    for table in reversed(COUNTED):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_visits"), type_="check")
            batch.drop_column("visits")
    _forget_records()


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    names = ", ".join(f"'{name}'" for name in RECORDED)
    forget = f"DELETE FROM row_record WHERE of_table IN ({names})"  # noqa: S608 -- constants
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE row_record DISABLE TRIGGER row_record_append_only")
        op.execute(forget)
        op.execute("ALTER TABLE row_record ENABLE TRIGGER row_record_append_only")
        return
    made = sa.text("SELECT sql FROM sqlite_master WHERE name = 'row_record_no_delete'")
    trigger = connection.execute(made).scalar_one()
    op.execute("DROP TRIGGER row_record_no_delete")
    op.execute(forget)
    op.execute(trigger)
