"""Payments that wait for the buyer's bank, and the reference of what was paid at the counter.

Revision ID: 0048
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

BEFORE = "outcome IN ('paid', 'declined', 'cancelled')"
NAME = "ck_payment_event_outcome"
AFTER = "outcome IN ('paid', 'declined', 'cancelled', 'pending')"


def upgrade() -> None:
    with op.batch_alter_table("payment_event") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.create_check_constraint(op.f(NAME), AFTER)
    op.add_column("payment", sa.Column("method_reference", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("payment") as batch:
        batch.drop_column("method_reference")
    # On SQLite the triggers go with the old table, and are made again at the end.
    with op.batch_alter_table("payment_event") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
    _delete_pending()
    with op.batch_alter_table("payment_event") as batch:
        batch.create_check_constraint(op.f(NAME), BEFORE)


def _delete_pending() -> None:
    # The version before shows such a payment as not paid yet, which it is.
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        op.execute("ALTER TABLE payment_event DISABLE TRIGGER payment_event_append_only")
    op.execute("DELETE FROM payment_event WHERE outcome = 'pending'")
    if on_postgresql:
        op.execute("ALTER TABLE payment_event ENABLE TRIGGER payment_event_append_only")
