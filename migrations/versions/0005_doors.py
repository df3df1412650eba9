"""Bridges and doors.

Revision ID: 0005
Revises: 0004
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ALARMS = (
    "'chain_break', 'code_used_twice', 'offline', 'disk_full', 'clock_unset', 'journal_chain', 'relay_fault', "
    "'reader_lost'"
)
LASTING = "seq IS NULL AND cleared_at IS NULL"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ("area", "door"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("version", server_default=None)
    _bridge()
    _alarm()
    op.create_index("ix_entry_door_id_occurred_at", "entry", ["door_id", "occurred_at"])
    op.create_table(
        "door_order",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("door_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ordered_by", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("settled_at", WHEN, nullable=True),
        sa.CheckConstraint("kind IN ('open_once')", name=op.f("ck_door_order_kind")),
        sa.CheckConstraint(
            "outcome IN ('opened', 'relay_fault', 'refused', 'expired')",
            name=op.f("ck_door_order_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (settled_at IS NULL)", name=op.f("ck_door_order_settled")
        ),
        sa.CheckConstraint("created_at < expires_at", name=op.f("ck_door_order_order")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("fk_door_order_door_id")),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["member.id"], name=op.f("fk_door_order_ordered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_order")),
        sa.UniqueConstraint("public_id", name=op.f("uq_door_order_public_id")),
    )
    op.create_index("ix_door_order_door_id_created_at", "door_order", ["door_id", "created_at"])
    op.create_index(op.f("ix_door_order_expires_at"), "door_order", ["expires_at"])


def _bridge() -> None:
    with op.batch_alter_table("bridge") as batch:
        batch.add_column(sa.Column("next_public_key", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("clock", sa.String(), nullable=True))
        batch.add_column(sa.Column("software", sa.String(), nullable=True))
        batch.add_column(sa.Column("roster_version", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("told", sa.String(), nullable=False, server_default=""))
        batch.create_unique_constraint(op.f("uq_bridge_next_public_key"), ["next_public_key"])
    with op.batch_alter_table("bridge") as batch:
        batch.alter_column("told", server_default=None)


def _alarm() -> None:
    with op.batch_alter_table("bridge_alarm") as batch:
        batch.add_column(sa.Column("public_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("door_id", BIG_ID, nullable=True))
        batch.add_column(sa.Column("cleared_at", WHEN, nullable=True))
        batch.add_column(sa.Column("acknowledged_at", WHEN, nullable=True))
        batch.add_column(sa.Column("acknowledged_by", BIG_ID, nullable=True))
    alarm = sa.table("bridge_alarm", sa.column("id", BIG_ID), sa.column("public_id", sa.Uuid()))
    connection = op.get_bind()
    for (id_,) in connection.execute(sa.select(alarm.c.id)).all():
        connection.execute(sa.update(alarm).where(alarm.c.id == id_).values(public_id=uuid.uuid4()))
    with op.batch_alter_table("bridge_alarm") as batch:
        batch.alter_column("public_id", existing_type=sa.Uuid(), nullable=False)
        batch.alter_column("seq", existing_type=sa.BigInteger(), nullable=True)
        batch.drop_constraint(op.f("ck_bridge_alarm_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_bridge_alarm_kind"), f"kind IN ({ALARMS})")
        batch.create_check_constraint(
            op.f("ck_bridge_alarm_acknowledged"),
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)",
        )
        batch.create_unique_constraint(op.f("uq_bridge_alarm_public_id"), ["public_id"])
        batch.create_foreign_key(op.f("fk_bridge_alarm_door_id"), "door", ["door_id"], ["id"])
        batch.create_foreign_key(
            op.f("fk_bridge_alarm_acknowledged_by"), "member", ["acknowledged_by"], ["id"]
        )
    for name, columns, condition in (
        ("uq_bridge_alarm_lasting", ["bridge_id", "kind"], LASTING + " AND door_id IS NULL"),
        ("uq_bridge_alarm_lasting_door", ["bridge_id", "kind", "door_id"], LASTING),
    ):
        where = sa.text(condition)
        op.create_index(
            name, "bridge_alarm", columns, unique=True, sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    op.drop_table("door_order")
    op.drop_index("ix_entry_door_id_occurred_at", table_name="entry")
    op.execute("DELETE FROM bridge_alarm WHERE kind NOT IN ('chain_break', 'code_used_twice')")
    for name in ("uq_bridge_alarm_lasting", "uq_bridge_alarm_lasting_door"):
        op.drop_index(name, table_name="bridge_alarm")
    with op.batch_alter_table("bridge_alarm") as batch:
        for name in ("fk_bridge_alarm_door_id", "fk_bridge_alarm_acknowledged_by"):
            batch.drop_constraint(op.f(name), type_="foreignkey")
        batch.drop_constraint(op.f("uq_bridge_alarm_public_id"), type_="unique")
        for name in ("ck_bridge_alarm_kind", "ck_bridge_alarm_acknowledged"):
            batch.drop_constraint(op.f(name), type_="check")
        batch.create_check_constraint(
            op.f("ck_bridge_alarm_kind"), "kind IN ('chain_break', 'code_used_twice')"
        )
        batch.alter_column("seq", existing_type=sa.BigInteger(), nullable=False)
        for column in ("acknowledged_by", "acknowledged_at", "cleared_at", "door_id", "public_id"):
            batch.drop_column(column)
    with op.batch_alter_table("bridge") as batch:
        batch.drop_constraint(op.f("uq_bridge_next_public_key"), type_="unique")
        for column in ("told", "roster_version", "software", "clock", "next_public_key"):
            batch.drop_column(column)
    for table in ("door", "area"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("version")
