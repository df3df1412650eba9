"""Entries that prove themselves, scans in vain, and the alarms of wire version 3.

A grant whose strike failed made a visit until now. Its fault is derived again, which takes back the
visits that are counted.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ALARMS = (
    "'chain_break', 'code_used_twice', 'offline', 'disk_full', 'clock_unset', 'journal_chain', "
    "'relay_fault', 'reader_lost', 'unknown_word'"
)
LASTING = "seq IS NULL AND cleared_at IS NULL"


def upgrade() -> None:
    op.execute("ALTER TABLE entry ADD COLUMN undone_by VARCHAR")
    op.execute("ALTER TABLE entry ADD COLUMN code VARCHAR")
    op.execute("ALTER TABLE entry ADD COLUMN proven BOOLEAN")
    op.add_column("bridge", sa.Column("proves_since", sa.DateTime(timezone=True)))
    op.create_table(
        "door_policy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unproven_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_door_policy_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_policy")),
    )
    op.execute(
        "UPDATE entry SET undone_by = ("
        "SELECT min(news.kind) FROM entry AS news WHERE news.ref = entry.uuid "
        "AND news.bridge_id = entry.bridge_id AND news.kind IN ('not_opened', 'relay_fault')"
        ") WHERE kind = 'scan' AND uuid IN ("
        "SELECT ref FROM entry AS told WHERE ref IS NOT NULL)"
    )
    op.execute(
        "UPDATE entry SET pending = TRUE WHERE kind = 'relay_fault' AND EXISTS "
        "(SELECT 1 FROM entry AS scan WHERE scan.uuid = entry.ref AND scan.undone_by IS NOT NULL)"
    )
    _allow(f"{ALARMS}, 'journal_filling', 'unreadable', 'unproven', 'set_aside'")


def downgrade() -> None:
    op.execute(
        "DELETE FROM bridge_alarm "
        "WHERE kind IN ('journal_filling', 'unreadable', 'unproven', 'set_aside')"
    )
    _allow(ALARMS)
    op.drop_table("door_policy")
    op.execute("ALTER TABLE bridge DROP COLUMN proves_since")
    for column in ("proven", "code", "undone_by"):
        op.execute(f"ALTER TABLE entry DROP COLUMN {column}")


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
