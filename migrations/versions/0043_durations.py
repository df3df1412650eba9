"""How long a product lasts is a word; passes that last from their activation.

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

DURATIONS = "duration IN ('season', 'academic_year', 'summer', 'days', 'from_activation')"
RECORDED = ("product 2", "pass 2")


def upgrade() -> None:
    op.add_column("product", sa.Column("duration", sa.String(), nullable=True))
    op.add_column("product", sa.Column("activation_days", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE product SET duration = CASE WHEN length_days IS NULL THEN 'season' ELSE 'days' END"
    )
    with op.batch_alter_table("product") as batch:
        batch.alter_column("duration", existing_type=sa.String(), nullable=False)
        batch.create_check_constraint(op.f("ck_product_duration"), DURATIONS)
        batch.create_check_constraint(
            op.f("ck_product_duration_length"),
            "(duration IN ('days', 'from_activation')) = (length_days IS NOT NULL)",
        )
        batch.create_check_constraint(op.f("ck_product_activation"), "activation_days > 0")
        batch.create_check_constraint(
            op.f("ck_product_duration_activation"),
            "(duration = 'from_activation') = (activation_days IS NOT NULL)",
        )
    with op.batch_alter_table("order_line") as batch:
        batch.add_column(sa.Column("length_days", sa.Integer(), nullable=True))
        batch.create_check_constraint(op.f("ck_order_line_length"), "length_days > 0")
    with op.batch_alter_table("pass") as batch:
        batch.add_column(sa.Column("activate_by", sa.Date(), nullable=True))
        batch.add_column(sa.Column("length_days", sa.Integer(), nullable=True))
        batch.create_check_constraint(
            op.f("ck_pass_activation"), "(activate_by IS NULL) = (length_days IS NULL)"
        )
        batch.create_check_constraint(op.f("ck_pass_length"), "length_days > 0")


def downgrade() -> None:
    with op.batch_alter_table("pass") as batch:
        batch.drop_constraint(op.f("ck_pass_activation"), type_="check")
        batch.drop_constraint(op.f("ck_pass_length"), type_="check")
        batch.drop_column("activate_by")
        batch.drop_column("length_days")
    with op.batch_alter_table("order_line") as batch:
        batch.drop_constraint(op.f("ck_order_line_length"), type_="check")
        batch.drop_column("length_days")
    with op.batch_alter_table("product") as batch:
        for name in ("duration", "duration_length", "activation", "duration_activation"):
            batch.drop_constraint(op.f(f"ck_product_{name}"), type_="check")
        batch.drop_column("duration")
        batch.drop_column("activation_days")
    # The version before knows no activation: the product lasts as many days from its first one.
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
