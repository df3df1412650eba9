"""Blocks and lockdowns with a reason, the alarms of contacts, and who needs more time at doors.

A door that is shut gets a shutdown of its own, without a reason: nobody was asked for one.

Revision ID: 0025
Revises: 0024
"""

import uuid
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN: Final = "lifted_at IS NULL"
ALARMS: Final = (
    "'chain_break', 'code_used_twice', 'offline', 'disk_full', 'clock_unset', 'journal_chain', "
    "'relay_fault', 'reader_lost', 'unknown_word', 'journal_filling', 'unreadable', 'unproven', "
    "'set_aside'"
)
LASTING: Final = "seq IS NULL AND cleared_at IS NULL"


def upgrade() -> None:
    op.execute("ALTER TABLE member ADD COLUMN more_time BOOLEAN DEFAULT FALSE NOT NULL")
    table = op.create_table(
        "door_shutdown",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("door_id", ID, nullable=True),
        sa.Column("campus_id", ID, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("shut_by", ID, nullable=True),
        sa.Column("shut_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", ID, nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('blocked', 'lockdown')", name=op.f("ck_door_shutdown_kind")),
        sa.CheckConstraint(
            "door_id IS NULL OR campus_id IS NULL", name=op.f("ck_door_shutdown_place")
        ),
        sa.CheckConstraint(
            "lifted_at IS NOT NULL OR lifted_by IS NULL", name=op.f("ck_door_shutdown_lifted")
        ),
        sa.ForeignKeyConstraint(
            ["door_id"], ["door.id"], name=op.f("fk_door_shutdown_door_id_door")
        ),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["campus.id"], name=op.f("fk_door_shutdown_campus_id_campus")
        ),
        sa.ForeignKeyConstraint(
            ["shut_by"], ["member.id"], name=op.f("fk_door_shutdown_shut_by_member")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["member.id"], name=op.f("fk_door_shutdown_lifted_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_shutdown")),
        sa.UniqueConstraint("public_id", name=op.f("uq_door_shutdown_public_id")),
    )
    for name, columns, condition in (
        ("uq_door_shutdown_door", ["kind", "door_id"], "door_id IS NOT NULL"),
        ("uq_door_shutdown_campus", ["kind", "campus_id"], "campus_id IS NOT NULL"),
        ("uq_door_shutdown_all", ["kind"], "door_id IS NULL AND campus_id IS NULL"),
    ):
        where = sa.text(f"{OPEN} AND {condition}")
        op.create_index(
            name, "door_shutdown", columns, unique=True, sqlite_where=where, postgresql_where=where
        )
    _keep_shut(table)
    _allow(f"{ALARMS}, 'forced_open', 'held_open', 'fire'")


def _keep_shut(table: sa.Table) -> None:
    connection = op.get_bind()
    shut = sa.text("SELECT id, state FROM door WHERE state IN ('blocked', 'lockdown')")
    for door, state in connection.execute(shut).all():
        row = {"public_id": uuid.uuid4(), "kind": state, "door_id": door, "reason": ""}
        connection.execute(table.insert().values(**row, shut_at=sa.func.now()))


def downgrade() -> None:
    op.execute("DELETE FROM bridge_alarm WHERE kind IN ('forced_open', 'held_open', 'fire')")
    _allow(ALARMS)
    op.drop_table("door_shutdown")
    _forget_records()
    op.execute("ALTER TABLE member DROP COLUMN more_time")


def _forget_records() -> None:
    # The next upgrade numbers its rows from 1 again: they would seem to be changed by hand.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table = 'door_shutdown'"
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


def _allow(kinds: str) -> None:
    # The partial indexes are made again, because a rebuild on SQLite may lose their conditions.
    indexes = (
        ("uq_bridge_alarm_lasting", ["bridge_id", "kind"], LASTING + " AND door_id IS NULL"),
        ("uq_bridge_alarm_lasting_door", ["bridge_id", "kind", "door_id"], LASTING),
    )
    for name, _, _ in indexes:
        op.drop_index(name, table_name="bridge_alarm")
    with op.batch_alter_table("bridge_alarm") as batch:
        batch.drop_constraint(op.f("ck_bridge_alarm_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_bridge_alarm_kind"), f"kind IN ({kinds})")
    for name, columns, condition in indexes:
        where = sa.text(condition)
        op.create_index(
            name, "bridge_alarm", columns, unique=True, sqlite_where=where, postgresql_where=where
        )
