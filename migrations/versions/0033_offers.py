"""Entries of waitlists have a rank of their own, and places are offered.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ENDS = "'booked', 'declined', 'expired', 'left', 'removed'"
STATES = f"state IN ('waiting', 'offered', {ENDS})"
KINDS = f"kind IN ('joined', 'passed_over', 'offered', {ENDS})"
STATES_BEFORE = "state IN ('waiting', 'promoted', 'left', 'removed', 'expired')"
KINDS_BEFORE = "kind IN ('joined', 'promoted', 'left', 'removed', 'expired')"
# In the order of ids, which was that of joining.
RANK = (
    "(SELECT count(*) FROM queue_entry AS other "
    "WHERE other.session_id = queue_entry.session_id AND other.id <= queue_entry.id)"
)


def upgrade() -> None:
    _drop_live_index()
    with op.batch_alter_table("queue_entry") as batch:
        for name in ("state", "promoted"):
            batch.drop_constraint(op.f(f"ck_queue_entry_{name}"), type_="check")
        batch.drop_constraint(op.f("fk_queue_entry_session_id"), type_="foreignkey")
        batch.add_column(sa.Column("rank", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("offer_key", sa.LargeBinary(), nullable=True))
    op.execute(f"UPDATE queue_entry SET rank = {RANK}")  # noqa: S608 -- a constant
    op.execute("UPDATE queue_entry SET state = 'booked' WHERE state = 'promoted'")
    with op.batch_alter_table("queue_entry") as batch:
        batch.alter_column("rank", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key(
            op.f("fk_queue_entry_session_id"), "class_session", ["session_id"], ["id"]
        )
        batch.create_check_constraint(op.f("ck_queue_entry_state"), STATES)
        batch.create_check_constraint(
            op.f("ck_queue_entry_booked"), "(state = 'booked') = (booking_id IS NOT NULL)"
        )
        batch.create_check_constraint(
            op.f("ck_queue_entry_offered"), "(state = 'offered') = (offered_until IS NOT NULL)"
        )
    op.create_index("uq_queue_entry_rank", "queue_entry", ["session_id", "rank"], unique=True)
    _create_live_index("state IN ('waiting', 'offered')")
    _change_events("promoted", "booked", KINDS)
    with op.batch_alter_table("booking_policy") as batch:
        for name, usual in (("promote_minutes", "60"), ("offer_minutes", "30")):
            batch.add_column(sa.Column(name, sa.Integer(), server_default=usual, nullable=False))
        batch.create_check_constraint(
            op.f("ck_booking_policy_promote"), "promote_minutes BETWEEN 0 AND 10080"
        )
        batch.create_check_constraint(
            op.f("ck_booking_policy_offer"), "offer_minutes BETWEEN 5 AND 1440"
        )


def downgrade() -> None:
    with op.batch_alter_table("booking_policy") as batch:
        for name in ("promote", "offer"):
            batch.drop_constraint(op.f(f"ck_booking_policy_{name}"), type_="check")
            batch.drop_column(f"{name}_minutes")
    # The version before has no offers: their places are free again, and their people wait.
    op.execute(
        "UPDATE allocation SET booked = booked - (SELECT count(*) FROM queue_entry "
        "WHERE queue_entry.session_id = allocation.id AND queue_entry.state = 'offered') "
        "WHERE id IN (SELECT session_id FROM queue_entry WHERE state = 'offered')"
    )
    _drop_live_index()
    op.drop_index("uq_queue_entry_rank", "queue_entry")
    with op.batch_alter_table("queue_entry") as batch:
        for name in ("state", "booked", "offered"):
            batch.drop_constraint(op.f(f"ck_queue_entry_{name}"), type_="check")
        batch.drop_constraint(op.f("fk_queue_entry_session_id"), type_="foreignkey")
    for now, before in (("offered", "waiting"), ("booked", "promoted"), ("declined", "left")):
        op.execute(f"UPDATE queue_entry SET state = '{before}' WHERE state = '{now}'")  # noqa: S608
    with op.batch_alter_table("queue_entry") as batch:
        for name in ("rank", "offered_until", "offer_key"):
            batch.drop_column(name)
        batch.create_foreign_key(
            op.f("fk_queue_entry_session_id"), "allocation", ["session_id"], ["id"]
        )
        batch.create_check_constraint(op.f("ck_queue_entry_state"), STATES_BEFORE)
        batch.create_check_constraint(
            op.f("ck_queue_entry_promoted"), "(state = 'promoted') = (booking_id IS NOT NULL)"
        )
    _create_live_index("state = 'waiting'")
    _change_events("booked", "promoted", KINDS_BEFORE)
    _forget_records()


def _drop_live_index() -> None:
    # A partial index, which a batch would make anew over all rows.
    op.drop_index("uq_queue_entry_live", "queue_entry")


def _create_live_index(live: str) -> None:
    where = sa.text(live)
    op.create_index(
        "uq_queue_entry_live",
        "queue_entry",
        ["session_id", "member_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _change_events(before: str, after: str, kinds: str) -> None:
    """Give one kind of event another name; an older version does not know what is in between."""
    op.drop_index("uq_queue_event_end", "queue_event")
    end = "kind <> 'joined'" if after == "promoted" else f"kind IN ({ENDS})"
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("ALTER TABLE queue_event DISABLE TRIGGER queue_event_append_only")
    with op.batch_alter_table("queue_event") as batch:  # on SQLite its triggers go with it
        batch.drop_constraint(op.f("ck_queue_event_kind"), type_="check")
    op.execute(f"UPDATE queue_event SET kind = '{after}' WHERE kind = '{before}'")  # noqa: S608
    if after == "promoted":
        op.execute("UPDATE queue_event SET kind = 'left' WHERE kind = 'declined'")
        op.execute("DELETE FROM queue_event WHERE kind IN ('passed_over', 'offered')")
    with op.batch_alter_table("queue_event") as batch:
        batch.create_check_constraint(op.f("ck_queue_event_kind"), kinds)
    if postgresql:
        op.execute("ALTER TABLE queue_event ENABLE TRIGGER queue_event_append_only")
    where = sa.text(end)
    op.create_index(
        "uq_queue_event_end",
        "queue_event",
        ["entry_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table IN ('queue_entry 2', 'booking_policy 2')"
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
