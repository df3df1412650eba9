"""Bookings: a session's share of bookable places, sightings, excused no-shows, hours over midnight, mail that is asked again.

Columns are added in SQL that both engines take as it stands: a batch rebuild would drop the triggers on SQLite.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)

# The share of the weekly class, else the policy's, where it gives the places that the session has;
# else the smallest share that does. `bookable` was rounded down, and is 1 at least.
SHARE = """
UPDATE class_session SET bookable_percent = CASE
    WHEN kind = 'own_use' OR capacity = 0 THEN 100
    WHEN bookable = (CASE WHEN capacity * {own} / 100 < 1 THEN 1 ELSE capacity * {own} / 100 END)
        THEN {own}
    WHEN bookable = 0 THEN 1
    ELSE (bookable * 100 + capacity - 1) / capacity
END
"""
OWN = """COALESCE(
    (SELECT bookable_percent FROM session_rule WHERE session_rule.id = class_session.rule_id),
    (SELECT bookable_percent FROM booking_policy WHERE booking_policy.id = 1),
    70
)"""


def upgrade() -> None:
    op.execute(
        "ALTER TABLE class_session ADD COLUMN bookable_percent INTEGER DEFAULT 100 NOT NULL "
        "CONSTRAINT ck_class_session_percent CHECK (bookable_percent BETWEEN 1 AND 100)"
    )
    op.execute(SHARE.format(own=OWN))
    op.add_column("booking", sa.Column("excused_at", WHEN, nullable=True))
    op.add_column("outbox", sa.Column("question", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("about", sa.String(), nullable=True))
    op.create_table(
        "sighting",
        sa.Column("id", BIG, nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("seen_by", BIG, nullable=False),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sighting_member_id")),
        sa.ForeignKeyConstraint(["seen_by"], ["member.id"], name=op.f("fk_sighting_seen_by")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_sighting_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint(
            "session_id", "member_id", name=op.f("uq_sighting_session_id_member_id")
        ),
    )
    op.create_index(op.f("ix_sighting_member_id"), "sighting", ["member_id"])
    _hours("opens <> closes")


def _hours(order: str) -> None:
    """What the database accepts as opening and closing time."""
    for table in ("opening_hours", "opening_exception"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_order"), type_="check")
            batch.create_check_constraint(op.f(f"ck_{table}_order"), order)


def downgrade() -> None:
    # The older version knows midnight as 23:59, and no hours after it.
    op.execute("UPDATE opening_hours SET closes = '23:59:00.000000' WHERE closes < opens")
    op.execute("UPDATE opening_exception SET closes = '23:59:00.000000' WHERE closes < opens")
    _hours("opens < closes")
    op.drop_index(op.f("ix_sighting_member_id"), "sighting")
    op.drop_table("sighting")
    op.execute("ALTER TABLE outbox DROP COLUMN about")
    op.execute("ALTER TABLE outbox DROP COLUMN question")
    op.execute("ALTER TABLE booking DROP COLUMN excused_at")
    # On SQLite revision 0032 leaves the check at the table, where it outlives the column.
    with op.batch_alter_table("class_session") as batch:
        batch.drop_constraint(op.f("ck_class_session_percent"), type_="check")
        batch.drop_column("bookable_percent")
