"""When doors are open to everybody, and conflicts among entries of doors.

Revision ID: 0026
Revises: 0025
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES: Final = ("door_release", "door_release_day")


def upgrade() -> None:
    op.create_table(
        "door_release",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("door_id", ID, nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("first_person", sa.Boolean(), nullable=False),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_door_release_weekdays")),
        sa.CheckConstraint("opens <> closes", name=op.f("ck_door_release_times")),
        sa.ForeignKeyConstraint(
            ["door_id"], ["door.id"], name=op.f("fk_door_release_door_id_door")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_release")),
        sa.UniqueConstraint("public_id", name=op.f("uq_door_release_public_id")),
        sa.UniqueConstraint(
            "door_id",
            "weekdays",
            "opens",
            "closes",
            name=op.f("uq_door_release_door_id_weekdays_opens_closes"),
        ),
    )
    op.create_table(
        "door_release_day",
        sa.Column("id", ID, nullable=False),
        sa.Column("door_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(opens IS NULL) = (closes IS NULL)", name=op.f("ck_door_release_day_both")
        ),
        sa.CheckConstraint("opens <> closes", name=op.f("ck_door_release_day_times")),
        sa.ForeignKeyConstraint(
            ["door_id"], ["door.id"], name=op.f("fk_door_release_day_door_id_door")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_release_day")),
        sa.UniqueConstraint("door_id", "day", name=op.f("uq_door_release_day_door_id_day")),
    )

    op.create_table(
        "door_conflict",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", ID, nullable=True),
        sa.CheckConstraint(
            "kind IN ('code_twice', 'person_twice', 'two_campuses', 'revoked', 'suspended', "
            "'clock_ahead')",
            name=op.f("ck_door_conflict_kind"),
        ),
        sa.CheckConstraint(
            "(seen_at IS NULL) = (seen_by IS NULL)", name=op.f("ck_door_conflict_seen")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_door_conflict_entry_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["entry.id"], name=op.f("fk_door_conflict_other_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["seen_by"], ["member.id"], name=op.f("fk_door_conflict_seen_by_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_conflict")),
        sa.UniqueConstraint("public_id", name=op.f("uq_door_conflict_public_id")),
        sa.UniqueConstraint("entry_id", "kind", name=op.f("uq_door_conflict_entry_id_kind")),
    )


def downgrade() -> None:
    op.drop_table("door_conflict")
    for table in reversed(TABLES):
        op.drop_table(table)
    _forget_records()


def _forget_records() -> None:
    # The next upgrade numbers its rows from 1 again: they would seem to be changed by hand.
    connection = op.get_bind()
    forget = f"DELETE FROM row_record WHERE of_table IN {TABLES}"  # noqa: S608 -- two constant names
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
