"""Alarms about answers that the server has not signed, and about journals that were cut.

Revision ID: 0029
Revises: 0028
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ALARMS: Final = (
    "'chain_break', 'code_used_twice', 'offline', 'disk_full', 'clock_unset', 'journal_chain', "
    "'relay_fault', 'reader_lost', 'unknown_word', 'journal_filling', 'unreadable', 'unproven', "
    "'set_aside', 'forced_open', 'held_open', 'fire', 'revoked', 'input_fault'"
)
LASTING: Final = "seq IS NULL AND cleared_at IS NULL"


def upgrade() -> None:
    _allow(f"{ALARMS}, 'unsigned_answer', 'journal_older'")


def downgrade() -> None:
    op.execute("DELETE FROM bridge_alarm WHERE kind IN ('unsigned_answer', 'journal_older')")
    _allow(ALARMS)


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
