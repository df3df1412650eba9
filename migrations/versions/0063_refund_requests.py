"""Refunds above a limit wait for a second person.

Revision ID: 0063
Revises: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
ORDER_OF = {
    "refund_request": "OLD.order_id",
    "refund_decision": (
        "(SELECT order_id FROM refund_request WHERE refund_request.id = OLD.request_id)"
    ),
}
REFUSAL = (
    "RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || '' is append-only''"
)


def upgrade() -> None:
    with op.batch_alter_table("pass_rule") as batch:
        batch.add_column(
            sa.Column("refund_alone_cents", sa.Integer(), server_default="10000", nullable=False)
        )
        batch.create_check_constraint(
            op.f("ck_pass_rule_refund_alone"), "refund_alone_cents BETWEEN 0 AND 10000000"
        )
    op.create_table(
        "refund_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", ID, nullable=False),
        sa.Column("requested_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.CheckConstraint("cents > 0", name=op.f("ck_refund_request_cents")),
        sa.CheckConstraint("expires_at > requested_at", name=op.f("ck_refund_request_expiry")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_refund_request_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["member.id"], name=op.f("fk_refund_request_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_refund_request_public_id")),
        sa.UniqueConstraint("id", "requested_by", name=op.f("uq_refund_request_id_requested_by")),
    )
    op.create_index(op.f("ix_refund_request_order_id"), "refund_request", ["order_id"])
    op.create_table(
        "refund_decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("requested_by", ID, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("refund_id", ID, nullable=True),
        sa.Column("decided_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('confirmed', 'declined', 'retracted', 'expired')",
            name=op.f("ck_refund_decision_outcome"),
        ),
        sa.CheckConstraint(
            "outcome <> 'confirmed' OR (refund_id IS NOT NULL AND decided_by IS NOT NULL "
            "AND decided_by <> requested_by)",
            name=op.f("ck_refund_decision_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "requested_by"],
            ["refund_request.id", "refund_request.requested_by"],
            name=op.f("fk_refund_decision_request"),
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["member.id"], name=op.f("fk_refund_decision_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["member.id"], name=op.f("fk_refund_decision_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_refund_decision_refund_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_decision")),
        sa.UniqueConstraint("request_id", name=op.f("uq_refund_decision_request_id")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_refund_decision_refund_id")),
    )
    if op.get_bind().dialect.name == "sqlite":
        return  # its triggers are made at the end of the migration
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
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION zone_append_only_{table}()"
        )


def downgrade() -> None:
    """Refunds that wait are forgotten; those that were made stay."""
    for table in reversed(ORDER_OF):
        op.drop_table(table)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION zone_append_only_{table}()")
    with op.batch_alter_table("pass_rule") as batch:
        batch.drop_constraint(op.f("ck_pass_rule_refund_alone"), type_="check")
        batch.drop_column("refund_alone_cents")
