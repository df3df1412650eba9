"""The queue.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("state = 'waiting'")
END = sa.text("kind <> 'joined'")
POLICY = (("queue_places", "5"), ("remind_hours", "24"))
"""New numbers of the policy, and what holds where one is set already."""


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, number in POLICY:
        op.add_column(
            "booking_policy", sa.Column(name, sa.Integer(), nullable=False, server_default=number)
        )
        if (
            postgresql
        ):  # SQLite drops a default only by making the table anew, and would forget its checks
            op.alter_column("booking_policy", name, server_default=None)
    op.create_table(
        "queue_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("booking_id", BIG, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'promoted', 'left', 'removed', 'expired')",
            name=op.f("ck_queue_entry_state"),
        ),
        sa.CheckConstraint(
            "(state = 'promoted') = (booking_id IS NOT NULL)", name=op.f("ck_queue_entry_promoted")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_queue_entry_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_queue_entry_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_queue_entry_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entry")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_queue_entry_booking_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_queue_entry_public_id")),
    )
    op.create_index(
        "uq_queue_entry_live",
        "queue_entry",
        ["session_id", "member_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_queue_entry_session_state", "queue_entry", ["session_id", "state"])
    op.create_index("ix_queue_entry_member_state", "queue_entry", ["member_id", "state"])
    op.create_table(
        "queue_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('joined', 'promoted', 'left', 'removed', 'expired')",
            name=op.f("ck_queue_event_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["queue_entry.id"], name=op.f("fk_queue_event_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_event")),
    )
    op.create_index(
        "uq_queue_event_end",
        "queue_event",
        ["entry_id"],
        unique=True,
        sqlite_where=END,
        postgresql_where=END,
    )
    op.create_index("ix_queue_event_entry_id", "queue_event", ["entry_id"])
    if postgresql:
        op.execute(
            "CREATE TRIGGER queue_event_append_only BEFORE UPDATE OR DELETE ON queue_event "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    op.drop_table("queue_event")
    op.drop_table("queue_entry")
    for name, _ in POLICY:
        op.drop_column("booking_policy", name)
