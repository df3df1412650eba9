"""Lotteries of the places of sessions: what was promised, how it ended, who entered and what came of it.

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
APPEND_ONLY = ("lottery", "lottery_end", "lottery_entry_event")
END = "kind IN ('won', 'lost', 'refused', 'called_off')"


def upgrade() -> None:
    op.create_table(
        "lottery",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opens_at", WHEN, nullable=False),
        sa.Column("draws_at", WHEN, nullable=False),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("announced_by_id", ID, nullable=False),
        sa.Column("announced_at", WHEN, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_lottery_number")),
        sa.CheckConstraint("opens_at < draws_at", name=op.f("ck_lottery_order")),
        sa.ForeignKeyConstraint(
            ["announced_by_id"], ["member.id"], name=op.f("fk_lottery_announced_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_lottery_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lottery")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lottery_public_id")),
        sa.UniqueConstraint("session_id", "number", name=op.f("uq_lottery_session_id_number")),
    )
    op.create_table(
        "lottery_end",
        sa.Column("id", ID, nullable=False),
        sa.Column("lottery_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("seed", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("ended_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(kind = 'called_off') = (reason IS NOT NULL)", name=op.f("ck_lottery_end_reason")
        ),
        sa.CheckConstraint(
            "(kind = 'drawn') = (seed IS NOT NULL AND digest IS NOT NULL AND places IS NOT NULL)",
            name=op.f("ck_lottery_end_drawn"),
        ),
        sa.CheckConstraint("kind IN ('drawn', 'called_off')", name=op.f("ck_lottery_end_kind")),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["member.id"], name=op.f("fk_lottery_end_ended_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["lottery_id"], ["lottery.id"], name=op.f("fk_lottery_end_lottery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lottery_end")),
        sa.UniqueConstraint("lottery_id", name=op.f("uq_lottery_end_lottery_id")),
    )
    op.create_table(
        "lottery_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("ticket", sa.Uuid(), nullable=False),
        sa.Column("lottery_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("booking_id", ID, nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(state = 'won') = (booking_id IS NOT NULL)", name=op.f("ck_lottery_entry_won")
        ),
        sa.CheckConstraint(
            "(state IN ('won', 'lost', 'refused')) = (position IS NOT NULL)",
            name=op.f("ck_lottery_entry_position"),
        ),
        sa.CheckConstraint(
            "state IN ('entered', 'withdrawn', 'won', 'lost', 'refused', 'called_off')",
            name=op.f("ck_lottery_entry_state"),
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_lottery_entry_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["lottery_id"], ["lottery.id"], name=op.f("fk_lottery_entry_lottery_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_lottery_entry_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lottery_entry")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_lottery_entry_booking_id")),
        sa.UniqueConstraint(
            "lottery_id", "member_id", name=op.f("uq_lottery_entry_lottery_id_member_id")
        ),
        sa.UniqueConstraint(
            "lottery_id", "position", name=op.f("uq_lottery_entry_lottery_id_position")
        ),
        sa.UniqueConstraint("ticket", name=op.f("uq_lottery_entry_ticket")),
    )
    op.create_index("ix_lottery_entry_member_state", "lottery_entry", ["member_id", "state"])

    op.create_table(
        "lottery_entry_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "kind IN ('entered', 'withdrawn', 'won', 'lost', 'refused', 'called_off')",
            name=op.f("ck_lottery_entry_event_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["lottery_entry.id"], name=op.f("fk_lottery_entry_event_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lottery_entry_event")),
    )
    op.create_index("ix_lottery_entry_event_entry_id", "lottery_entry_event", ["entry_id"])
    op.create_index(
        "uq_lottery_entry_event_end",
        "lottery_entry_event",
        ["entry_id"],
        unique=True,
        sqlite_where=sa.text(END),
        postgresql_where=sa.text(END),
    )

    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )


def downgrade() -> None:
    for table in ("lottery_entry_event", "lottery_entry", "lottery_end", "lottery"):
        op.drop_table(table)
    _forget_records()


def _forget_records() -> None:
    # The next upgrade begins without rows.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table = 'lottery_entry'"
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
