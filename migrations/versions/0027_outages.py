"""Outages of doors, of which staff and those with a booking get a mail; the alarms `revoked` and
`input_fault`.

Revision ID: 0027
Revises: 0026
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ALARMS: Final = (
    "'chain_break', 'code_used_twice', 'unproven', 'set_aside', 'forced_open', 'offline', "
    "'disk_full', 'clock_unset', 'journal_chain', 'journal_filling', 'relay_fault', 'reader_lost', "
    "'unreadable', 'held_open', 'fire', 'unknown_word'"
)
LASTING: Final = "seq IS NULL AND cleared_at IS NULL"
OPEN: Final = "ended_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "door_outage",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("bridge_id", ID, nullable=False),
        sa.Column("door_id", ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_door_outage_ended")
        ),
        sa.ForeignKeyConstraint(
            ["bridge_id"], ["bridge.id"], name=op.f("fk_door_outage_bridge_id_bridge")
        ),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("fk_door_outage_door_id_door")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_outage")),
        sa.UniqueConstraint("public_id", name=op.f("uq_door_outage_public_id")),
    )
    for name, columns, condition in (
        ("uq_door_outage_bridge", ["bridge_id", "kind"], f"{OPEN} AND door_id IS NULL"),
        ("uq_door_outage_door", ["bridge_id", "kind", "door_id"], OPEN),
    ):
        where = sa.text(condition)
        op.create_index(
            name, "door_outage", columns, unique=True, sqlite_where=where, postgresql_where=where
        )
    _allow(f"{ALARMS}, 'revoked', 'input_fault'")


def downgrade() -> None:
    op.execute("DELETE FROM bridge_alarm WHERE kind IN ('revoked', 'input_fault')")
    _allow(ALARMS)
    op.drop_table("door_outage")


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
