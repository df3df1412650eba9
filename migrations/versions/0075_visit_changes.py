"""How long a visit lasts as a rule, why the desk took one, and the visits that were given back.

Revision ID: 0075
Revises: 0074
"""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MINUTES = {"pass_rule": ("visit_minutes", "visit"), "pass_visit": ("lasts_minutes", "lasts")}


def upgrade() -> None:
    for table, (column, check) in MINUTES.items():
        with op.batch_alter_table(table) as batch:
            # As long as a visit lasted in earlier versions.
            batch.add_column(sa.Column(column, sa.Integer(), server_default="180", nullable=False))
            batch.create_check_constraint(
                op.f(f"ck_{table}_{check}"), f"{column} BETWEEN 1 AND 1440"
            )
    op.add_column("pass_visit", sa.Column("reason", sa.String(), nullable=True))
    op.create_table(
        "pass_visit_return",
        sa.Column("id", ID, nullable=False),
        sa.Column("visit_id", ID, nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_pass_visit_return_reason")),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["pass_visit.id"], name=op.f("fk_pass_visit_return_visit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_visit_return")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_pass_visit_return_visit_id")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER pass_visit_return_append_only BEFORE UPDATE OR DELETE "
            "ON pass_visit_return FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    """An older version knows no visit that was given back: it counts as used."""
    op.drop_table("pass_visit_return")
    op.drop_column("pass_visit", "reason")
    for table, (column, check) in reversed(MINUTES.items()):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_{check}"), type_="check")
            batch.drop_column(column)
    _forget_returns()


def _forget_returns() -> None:
    # The ids begin again at 1 with the next upgrade.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table = 'pass_visit_return'"
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
