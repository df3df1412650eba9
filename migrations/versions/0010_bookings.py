"""Bookings: each session keeps its share of bookable places.

Columns are added in SQL that both engines take as it stands: a batch rebuild would drop the triggers on SQLite.

Revision ID: 0010_bookings
Revises: 0009
"""

from alembic import op

revision = "0010_bookings"
down_revision = "0009"
branch_labels = None
depends_on = None

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


def downgrade() -> None:
    op.execute("ALTER TABLE class_session DROP COLUMN bookable_percent")
