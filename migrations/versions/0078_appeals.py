"""The history of a mark does not name who appealed: that is the person of the mark, until they are removed.

Revision ID: 0078
Revises: 0077
"""

from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

TABLE = "attendance_mark_event"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_update")  # made again at the end
    else:
        op.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TABLE}_append_only")
    op.execute(f"UPDATE {TABLE} SET actor_id = NULL WHERE kind = 'appealed'")  # noqa: S608 -- constant
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER {TABLE}_append_only")


def downgrade() -> None:
    """Who appealed stays as it is: the mark names them."""
