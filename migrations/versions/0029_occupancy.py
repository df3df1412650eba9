"""Doors that are the way out, limits of people, and anti-passback by the time alone.

`hard` has refused by the time alone until now, which is called `timed` from here on.

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

RECORDS: Final = ("area 3", "door 3")


MODES: Final = "'off', 'soft', 'timed', 'hard'"


def upgrade() -> None:
    _allow_modes(MODES)
    op.execute("UPDATE area SET passback = 'timed' WHERE passback = 'hard'")
    with op.batch_alter_table("area") as batch:
        batch.add_column(sa.Column("occupancy_limit", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column("stay_minutes", sa.Integer(), server_default="90", nullable=False)
        )
        batch.create_check_constraint(
            op.f("ck_area_occupancy_limit"), "occupancy_limit BETWEEN 1 AND 100000"
        )
        batch.create_check_constraint(
            op.f("ck_area_stay_minutes"), "stay_minutes BETWEEN 1 AND 1440"
        )
    with op.batch_alter_table("door") as batch:
        batch.add_column(sa.Column("direction", sa.String(), server_default="in", nullable=False))
        batch.create_check_constraint(op.f("ck_door_direction"), "direction IN ('in', 'out')")
    op.execute("ALTER TABLE used_code ADD COLUMN leaving BOOLEAN DEFAULT FALSE NOT NULL")
    _set_unique("uq_used_code_kid_ts_area_id", "uq_used_code_kid_ts_area_id_leaving")


def downgrade() -> None:
    op.execute("DELETE FROM used_code WHERE leaving")
    _set_unique("uq_used_code_kid_ts_area_id_leaving", "uq_used_code_kid_ts_area_id")
    op.execute("ALTER TABLE used_code DROP COLUMN leaving")
    with op.batch_alter_table("door") as batch:
        batch.drop_constraint(op.f("ck_door_direction"), type_="check")
        batch.drop_column("direction")
    with op.batch_alter_table("area") as batch:
        for name in ("stay_minutes", "occupancy_limit"):
            batch.drop_constraint(op.f(f"ck_area_{name}"), type_="check")
            batch.drop_column(name)
    op.execute("UPDATE area SET passback = 'hard' WHERE passback = 'timed'")
    _allow_modes("'off', 'soft', 'hard'")
    _forget_records()


def _allow_modes(modes: str) -> None:
    with op.batch_alter_table("area") as batch:
        batch.drop_constraint(op.f("ck_area_passback"), type_="check")
        batch.create_check_constraint(op.f("ck_area_passback"), f"passback IN ({modes})")


def _set_unique(old: str, new: str) -> None:
    """Let a code be used up by other columns."""
    columns = ["kid", "ts", "area_id"] + (["leaving"] if new.endswith("leaving") else [])
    with op.batch_alter_table("used_code") as batch:
        batch.drop_constraint(op.f(old), type_="unique")
        batch.create_unique_constraint(op.f(new), columns)


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    forget = f"DELETE FROM row_record WHERE of_table IN {RECORDS}"  # noqa: S608 -- constant names
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
