"""What products let their holders do: hours of use, earlier booking, companions; kept by orders and passes.

Revision ID: 0070
Revises: 0069
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEEPING = ("order_line", "pass")
RECORDED = ("pass 5", "entitlement")


def upgrade() -> None:
    for table in KEEPING:
        op.add_column(
            table, sa.Column("conditions", sa.JSON(), server_default="[]", nullable=False)
        )
    op.create_table(
        "entitlement",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=True),
        sa.Column("first_minute", sa.Integer(), nullable=True),
        sa.Column("until_minute", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('hours', 'booking_earlier', 'companions')", name=op.f("ck_entitlement_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'hours') = (number IS NULL)", name=op.f("ck_entitlement_number_of")
        ),
        sa.CheckConstraint(
            "(kind = 'hours') = (weekdays IS NOT NULL AND first_minute IS NOT NULL"
            " AND until_minute IS NOT NULL)",
            name=op.f("ck_entitlement_hours_of"),
        ),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_entitlement_weekdays")),
        sa.CheckConstraint(
            "first_minute >= 0 AND first_minute < until_minute AND until_minute <= 1440",
            name=op.f("ck_entitlement_minutes"),
        ),
        sa.CheckConstraint("number BETWEEN 0 AND 99", name=op.f("ck_entitlement_number")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_entitlement_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
    )
    op.create_index(
        "uq_entitlement_once",
        "entitlement",
        ["product_id", "kind"],
        unique=True,
        sqlite_where=sa.text("kind <> 'hours'"),
        postgresql_where=sa.text("kind <> 'hours'"),
    )
    op.create_index("ix_entitlement_product_id", "entitlement", ["product_id"])


def downgrade() -> None:
    """What was sold with conditions has none for an older version, so doors let its holders in."""
    op.drop_table("entitlement")
    for table in reversed(KEEPING):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("conditions")
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
