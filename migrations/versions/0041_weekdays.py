"""Weekly classes have several weekdays and days left out; people of moved sessions have rights.

Revision ID: 0041
Revises: 0040
"""

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RECORDED = ("session_rule 3",)


def upgrade() -> None:
    op.create_table(
        "skipped_day",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["session_rule.id"], name=op.f("fk_skipped_day_rule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skipped_day")),
        sa.UniqueConstraint("rule_id", "day", name=op.f("uq_skipped_day_rule_id_day")),
    )
    op.create_table(
        "give_up_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("booking_id", ID, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_give_up_link_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_give_up_link")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_give_up_link_booking_id")),
    )
    op.create_table(
        "first_right",
        sa.Column("id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("booking_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["queue_entry.id"], name=op.f("fk_first_right_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_first_right_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_right")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_first_right_entry_id")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_first_right_booking_id")),
    )
    op.add_column("session_rule", sa.Column("weekdays", sa.Integer(), nullable=True))
    # The bits of a number: 1 is Monday, 2 Tuesday, 4 Wednesday.
    op.execute("UPDATE session_rule SET weekdays = 1 << (weekday - 1)")
    with op.batch_alter_table("session_rule") as batch:
        batch.drop_constraint(op.f("ck_session_rule_weekday"), type_="check")
        batch.drop_column("weekday")
        batch.alter_column("weekdays", existing_type=sa.Integer(), nullable=False)
        batch.create_check_constraint(
            op.f("ck_session_rule_weekdays"), "weekdays BETWEEN 1 AND 127"
        )


def downgrade() -> None:
    op.add_column("session_rule", sa.Column("weekday", sa.Integer(), nullable=True))
    _split_classes(op.get_bind())
    with op.batch_alter_table("session_rule") as batch:
        batch.drop_constraint(op.f("ck_session_rule_weekdays"), type_="check")
        batch.drop_column("weekdays")
        batch.alter_column("weekday", existing_type=sa.Integer(), nullable=False)
        batch.create_check_constraint(op.f("ck_session_rule_weekday"), "weekday BETWEEN 1 AND 7")
    for table in ("first_right", "give_up_link", "skipped_day"):
        op.drop_table(table)
    _forget_records()


def _split_classes(connection: sa.Connection) -> None:
    """Give each weekday of a class a class of its own, with its sessions."""
    # SQLite has no type of its own for the public id.
    public_id = sa.Column("public_id", sa.Uuid())
    rules = sa.Table("session_rule", sa.MetaData(), public_id, autoload_with=connection)
    sessions = sa.Table("class_session", sa.MetaData(), autoload_with=connection)
    skipped = sa.Table("skipped_day", sa.MetaData(), autoload_with=connection)
    left_out = {(row.rule_id, row.day) for row in connection.execute(sa.select(skipped)).all()}
    for rule in connection.execute(sa.select(rules)).mappings().all():
        first, *others = (day for day in range(1, 8) if rule["weekdays"] >> (day - 1) & 1)
        # A class that ended before it began keeps one day, which is left out: the version before
        # knows no such day, and gives it another weekday.
        if rule["first_on"] == rule["last_on"] and (rule["id"], rule["first_on"]) in left_out:
            first, others = rule["first_on"].isoweekday() % 7 + 1, []
        connection.execute(sa.update(rules).where(rules.c.id == rule["id"]).values(weekday=first))
        days = connection.execute(
            sa.select(sessions.c.id, sessions.c.rule_day).where(sessions.c.rule_id == rule["id"])
        ).all()
        for day in others:
            split: dict[str, Any] = dict(rule) | {"public_id": uuid.uuid4(), "weekday": day}
            del split["id"]
            made = connection.execute(sa.insert(rules).values(**split).returning(rules.c.id))
            own = [row.id for row in days if row.rule_day and row.rule_day.isoweekday() == day]
            connection.execute(
                sa.update(sessions).where(sessions.c.id.in_(own)).values(rule_id=made.scalar_one())
            )


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    names = ", ".join(f"'{name}'" for name in RECORDED)
    forget = f"DELETE FROM row_record WHERE of_table IN ({names})"  # noqa: S608 -- constants
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
