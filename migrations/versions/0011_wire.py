"""Wire versions: which messages a bridge speaks, and the alarm about a word of another version.

The column is added in SQL that both engines take as it stands: a batch rebuild of `bridge` would
touch every table that refers to it.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ALARMS = (
    "'chain_break', 'code_used_twice', 'offline', 'disk_full', 'clock_unset', 'journal_chain', "
    "'relay_fault', 'reader_lost'"
)
LASTING = "seq IS NULL AND cleared_at IS NULL"


def upgrade() -> None:
    op.execute("ALTER TABLE bridge ADD COLUMN wire INTEGER DEFAULT 1 NOT NULL")
    _allow(f"{ALARMS}, 'unknown_word'")


def downgrade() -> None:
    op.execute("DELETE FROM bridge_alarm WHERE kind = 'unknown_word'")
    _allow(ALARMS)
    op.execute("ALTER TABLE bridge DROP COLUMN wire")


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
