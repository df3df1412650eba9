"""Mending a difference above a limit waits for a second person; a replaced phone names its fee.

Revision ID: 0074
Revises: 0073
"""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
TABLES = ("difference_fix_request", "difference_fix_decision")
# Recorded from this version on.
RECORDED = ("quota_product", "voucher_product", "calendar_feed")


def upgrade() -> None:
    with op.batch_alter_table("phone_replacement") as batch:
        batch.add_column(sa.Column("order_id", sa.Uuid(), nullable=True))
        batch.create_unique_constraint(op.f("uq_phone_replacement_order_id"), ["order_id"])
    op.create_table(
        "difference_fix_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("difference", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cents_back", sa.Integer(), nullable=False),
        sa.Column("requested_by", ID, nullable=False),
        sa.Column("requested_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.CheckConstraint("cents_back > 0", name=op.f("ck_difference_fix_request_cents_back")),
        sa.CheckConstraint(
            "expires_at > requested_at", name=op.f("ck_difference_fix_request_expiry")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["member.id"], name=op.f("fk_difference_fix_request_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference_fix_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_difference_fix_request_public_id")),
        sa.UniqueConstraint(
            "id", "requested_by", name=op.f("uq_difference_fix_request_id_requested_by")
        ),
        sa.UniqueConstraint(
            "difference", "number", name=op.f("uq_difference_fix_request_difference_number")
        ),
    )
    op.create_table(
        "difference_fix_decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("requested_by", ID, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("decided_by", ID, nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("fix_id", ID, nullable=True),
        sa.Column("decided_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('confirmed', 'declined', 'retracted')",
            name=op.f("ck_difference_fix_decision_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome = 'confirmed') = (fix_id IS NOT NULL)",
            name=op.f("ck_difference_fix_decision_fix"),
        ),
        sa.CheckConstraint(
            "(outcome = 'retracted') = (decided_by = requested_by)",
            name=op.f("ck_difference_fix_decision_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "requested_by"],
            ["difference_fix_request.id", "difference_fix_request.requested_by"],
            name=op.f("fk_difference_fix_decision_request"),
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["member.id"], name=op.f("fk_difference_fix_decision_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["member.id"], name=op.f("fk_difference_fix_decision_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["fix_id"], ["difference_fix.id"], name=op.f("fk_difference_fix_decision_fix_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference_fix_decision")),
        sa.UniqueConstraint("request_id", name=op.f("uq_difference_fix_decision_request_id")),
        sa.UniqueConstraint("fix_id", name=op.f("uq_difference_fix_decision_fix_id")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    """What waits is forgotten; what was mended stays so."""
    for table in reversed(TABLES):
        op.drop_table(table)
    with op.batch_alter_table("phone_replacement") as batch:
        batch.drop_constraint(op.f("uq_phone_replacement_order_id"), type_="unique")
        batch.drop_column("order_id")
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
