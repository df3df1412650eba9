"""The desk.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("retracted_at IS NULL")
SOURCE = "source IN ('door', 'desk') AND (source = 'door') = (entry_id IS NOT NULL)"
KINDS = "'sports_pass', 'gym_pass', 'single_visit', 'test', 'complimentary', 'guest', 'companion'"
FACTS = ("handled_denial", "phone_replacement")


def upgrade() -> None:
    _visits_without_a_door()
    _kinds_of_products(f"{KINDS}, 'fee'")
    op.create_table(
        "handled_denial",
        sa.Column("id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("actor_id", BIG, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["member.id"], name=op.f("fk_handled_denial_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_handled_denial_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handled_denial")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_handled_denial_entry_id")),
    )
    op.create_table(
        "phone_replacement",
        sa.Column("id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("keys", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_phone_replacement_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_phone_replacement_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_replacement")),
    )
    op.create_index(op.f("ix_phone_replacement_member_id"), "phone_replacement", ["member_id"])
    op.create_index("ix_entry_occurred_at", "entry", ["occurred_at"])
    op.create_index("ix_audit_object", "audit", ["object_kind", "object_id"])
    op.create_index(op.f("ix_audit_actor_id"), "audit", ["actor_id"])
    op.create_index(op.f("ix_audit_occurred_at"), "audit", ["occurred_at"])
    if op.get_bind().dialect.name == "postgresql":
        for table in FACTS:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def _visits_without_a_door() -> None:
    """A check-in at the desk is a visit without an entry."""
    op.drop_index("uq_visit_entry_live", "visit", sqlite_where=LIVE, postgresql_where=LIVE)
    with op.batch_alter_table("visit") as batch:
        batch.add_column(sa.Column("source", sa.String(), nullable=False, server_default="door"))
        batch.alter_column("entry_id", existing_type=BIG, nullable=True)
        batch.create_check_constraint(op.f("ck_visit_source"), SOURCE)
    with op.batch_alter_table("visit") as batch:
        batch.alter_column(
            "source", existing_type=sa.String(), existing_nullable=False, server_default=None
        )
    _one_live_visit_of_an_entry()


def _one_live_visit_of_an_entry() -> None:
    op.create_index(
        "uq_visit_entry_live",
        "visit",
        ["entry_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _kinds_of_products(kinds: str) -> None:
    """What a product may be; a fee is sold like one and gives no pass."""
    with op.batch_alter_table("product") as batch:
        batch.drop_constraint(op.f("ck_product_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_product_kind"), f"kind IN ({kinds})")


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_occurred_at"), "audit")
    op.drop_index(op.f("ix_audit_actor_id"), "audit")
    op.drop_index("ix_audit_object", "audit")
    op.drop_index("ix_entry_occurred_at", "entry")
    op.drop_table("phone_replacement")
    op.drop_table("handled_denial")
    op.execute("UPDATE product SET kind = 'test' WHERE kind = 'fee'")
    _kinds_of_products(KINDS)
    _only_visits_of_doors()


def _only_visits_of_doors() -> None:
    """The older version knows no visit without a door, nor what such a visit proved."""
    op.execute(
        "DELETE FROM attendance WHERE visit_id IN (SELECT id FROM visit WHERE source = 'desk')"
    )
    op.execute("DELETE FROM visit WHERE source = 'desk'")
    op.drop_index("uq_visit_entry_live", "visit", sqlite_where=LIVE, postgresql_where=LIVE)
    with op.batch_alter_table("visit") as batch:
        batch.drop_constraint(op.f("ck_visit_source"), type_="check")
        batch.drop_column("source")
        batch.alter_column("entry_id", existing_type=BIG, nullable=False)
    _one_live_visit_of_an_entry()
