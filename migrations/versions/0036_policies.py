"""The numbers of booking are dated rows, which may differ by activity and by group of people.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY_BOTH = ("opens_days", "open_bookings")
BY_ACTIVITY = (
    "closes_minutes",
    "bookable_percent",
    "cancel_minutes",
    "marks_percent",
    "promote_minutes",
    "offer_minutes",
)
BY_GROUP = (
    "no_shows",
    "suspension_days",
    "queue_places",
    "space_open_bookings",
    "space_week_bookings",
)
# The others, each with what held where nothing was set.
OF_EVERYTHING = (
    "expand_days",
    "space_step_minutes",
    "space_most_minutes",
    "remind_hours",
    "space_least_minutes",
    "space_before_minutes",
    "space_after_minutes",
)
# In the order of the numbers everywhere; the names are those of the product at that time.
ORDER = [
    "opens_days",
    "closes_minutes",
    "bookable_percent",
    "open_bookings",
    "cancel_minutes",
    "marks_percent",
    "no_shows",
    "suspension_days",
    "expand_days",
    "space_step_minutes",
    "space_most_minutes",
    "queue_places",
    "promote_minutes",
    "offer_minutes",
    "remind_hours",
    "space_least_minutes",
    "space_before_minutes",
    "space_after_minutes",
    "space_open_bookings",
    "space_week_bookings",
]
DEFAULTS = {
    "opens_days": 7,
    "closes_minutes": 30,
    "bookable_percent": 70,
    "open_bookings": 4,
    "cancel_minutes": 120,
    "no_shows": 2,
    "suspension_days": 14,
    "expand_days": 35,
    "space_step_minutes": 30,
    "space_most_minutes": 120,
    "queue_places": 5,
    "promote_minutes": 60,
    "offer_minutes": 30,
    "remind_hours": 24,
    "space_least_minutes": 30,
    "space_before_minutes": 0,
    "space_after_minutes": 0,
    "space_open_bookings": 2,
    "space_week_bookings": 3,
}
WITH_DEFAULT = ("promote_minutes", "offer_minutes")
# As each engine stores the earliest time.
ALWAYS = {"sqlite": "'2000-01-01 00:00:00.000000'", "postgresql": "'2000-01-01 00:00:00+00'"}

# SQLite's CURRENT_TIMESTAMP has whole seconds.
NOW = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')", "postgresql": "CURRENT_TIMESTAMP"}


def _only(column: str, *allowed: str) -> str:
    others = " AND ".join(f"{name} IS NULL" for name in ORDER if name not in allowed)
    return f"{column} IS NULL OR ({others})"


CHECKS = {
    "affiliated_as": "affiliated_as IN ('student', 'staff')",
    "by_activity": _only("activity_id", *BY_BOTH, *BY_ACTIVITY),
    "by_group": _only("affiliated_as", *BY_BOTH, *BY_GROUP),
    "marks": "marks_percent BETWEEN 0 AND 100",
}


def upgrade() -> None:
    always = ALWAYS[op.get_bind().dialect.name]
    with op.batch_alter_table("booking_policy") as batch:
        batch.drop_constraint(op.f("ck_booking_policy_single"), type_="check")
        batch.add_column(sa.Column("activity_id", ID, nullable=True))
        batch.add_column(sa.Column("affiliated_as", sa.String(), nullable=True))
        batch.add_column(sa.Column("marks_percent", sa.Integer(), nullable=True))
        for name in ("in_force_from", "recorded_at"):
            at = sa.DateTime(timezone=True)
            batch.add_column(sa.Column(name, at, nullable=False, server_default=sa.text(always)))
        for name in DEFAULTS:
            batch.alter_column(name, existing_type=sa.Integer(), nullable=True, server_default=None)
    with op.batch_alter_table("booking_policy") as batch:
        for name in ("in_force_from", "recorded_at"):
            batch.alter_column(
                name,
                existing_type=sa.DateTime(timezone=True),
                existing_nullable=False,
                server_default=None,
            )
        batch.create_foreign_key(
            op.f("fk_booking_policy_activity_id"), "activity", ["activity_id"], ["id"]
        )
        for name, condition in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_booking_policy_{name}"), condition)
    op.create_index(
        "ix_booking_policy_scope",
        "booking_policy",
        ["activity_id", "affiliated_as", "in_force_from"],
    )
    _make_append_only()


def _make_append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        refusal = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER booking_policy_no_{verb} BEFORE {verb} ON booking_policy {refusal}"
            )
        return
    op.execute(
        "CREATE TRIGGER booking_policy_append_only BEFORE UPDATE OR DELETE ON booking_policy "
        "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
    )
    # The first row was written with its key, 1, and the next ones get theirs from here.
    op.execute(
        "SELECT setval('booking_policy_id_seq', (SELECT greatest(1, max(id)) FROM booking_policy))"
    )


def downgrade() -> None:
    """Keep what holds for everything now: the version before has one row."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER booking_policy_no_{verb}")
    else:
        op.execute("DROP TRIGGER booking_policy_append_only ON booking_policy")
    op.drop_index("ix_booking_policy_scope", "booking_policy")
    op.execute(
        "DELETE FROM booking_policy WHERE activity_id IS NOT NULL OR affiliated_as IS NOT NULL "  # noqa: S608
        f"OR in_force_from > {NOW[op.get_bind().dialect.name]}"
    )
    newest = "SELECT id FROM booking_policy ORDER BY in_force_from DESC, id DESC LIMIT 1"
    op.execute(f"DELETE FROM booking_policy WHERE id <> ({newest})")  # noqa: S608 -- a constant
    for name, usual in DEFAULTS.items():
        op.execute(f"UPDATE booking_policy SET {name} = {usual} WHERE {name} IS NULL")  # noqa: S608
    with op.batch_alter_table("booking_policy") as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(f"ck_booking_policy_{name}"), type_="check")
        batch.drop_constraint(op.f("fk_booking_policy_activity_id"), type_="foreignkey")
    op.execute("UPDATE booking_policy SET id = 1")
    with op.batch_alter_table("booking_policy") as batch:
        for name in (
            "activity_id",
            "affiliated_as",
            "marks_percent",
            "in_force_from",
            "recorded_at",
        ):
            batch.drop_column(name)
        for name, usual in DEFAULTS.items():
            kept = str(usual) if name in WITH_DEFAULT else None
            batch.alter_column(
                name, existing_type=sa.Integer(), nullable=False, server_default=kept
            )
        batch.create_check_constraint(op.f("ck_booking_policy_single"), "id = 1")
    _forget_records()


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table = 'booking_policy 3'"
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
