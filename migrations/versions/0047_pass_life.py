"""The life of a pass: pauses, extensions, upgrades and ends as events, and the days as it was sold.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

KINDS = "kind IN ('sold', 'activated', 'first_used', 'refunded', 'replaced')"
MORE_KINDS = (
    "kind IN ('sold', 'activated', 'first_used', 'refunded', 'replaced', 'upgraded', 'ended', "
    "'paused', 'resumed', 'extended', 'moved')"
)
ONCE = "kind IN ('sold', 'refunded', 'replaced')"
MORE_ONCE = "kind IN ('sold', 'refunded', 'replaced', 'upgraded', 'ended')"
CAUSE = "cause IN ('own_wish', 'illness', 'military', 'exchange', 'other')"
PAUSE = "kind NOT IN ('paused', 'resumed') OR (first_day IS NOT NULL AND last_day IS NOT NULL)"
DAYS = "kind NOT IN ('extended', 'moved') OR days IS NOT NULL AND days <> 0"


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pass_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("holder_pauses", sa.Boolean(), nullable=False),
        sa.Column("pause_shortest", sa.Integer(), nullable=False),
        sa.Column("pause_longest", sa.Integer(), nullable=False),
        sa.Column("pauses_most", sa.Integer(), nullable=False),
        sa.Column("pause_ahead", sa.Integer(), nullable=False),
        sa.Column("pause_cancels", sa.Boolean(), nullable=False),
        sa.Column("upgrade_by_days", sa.Boolean(), nullable=False),
        sa.Column("withdrawal_days", sa.Integer(), nullable=False),
        sa.Column("refund_by_days", sa.Boolean(), nullable=False),
        sa.Column("refund_until_day", sa.Integer(), nullable=True),
        sa.Column("renewal_days", sa.Integer(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.CheckConstraint(
            "1 <= pause_shortest AND pause_shortest <= pause_longest",
            name=op.f("ck_pass_rule_pause"),
        ),
        sa.CheckConstraint(
            "pauses_most >= 0 AND pause_ahead >= 0", name=op.f("ck_pass_rule_pauses")
        ),
        sa.CheckConstraint(
            "withdrawal_days >= 0 AND refund_until_day >= 0", name=op.f("ck_pass_rule_refund")
        ),
        sa.CheckConstraint(
            "renewal_days >= 0 AND devices BETWEEN 1 AND 10", name=op.f("ck_pass_rule_others")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_pass_rule_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_rule")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER pass_rule_append_only BEFORE UPDATE OR DELETE ON pass_rule "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )
    with op.batch_alter_table("pass") as table:
        table.add_column(sa.Column("sold_from", sa.Date(), nullable=True))
        table.add_column(sa.Column("sold_until", sa.Date(), nullable=True))
        table.add_column(sa.Column("pauses", sa.JSON(), nullable=True))
    # Until now nothing moved the days of a pass.
    op.execute(
        "UPDATE pass SET sold_from = starts_on, sold_until = coalesce(activate_by, ends_on), "
        "pauses = '[]'"
    )
    with op.batch_alter_table("pass") as table:
        table.alter_column("sold_from", existing_type=sa.Date(), nullable=False)
        table.alter_column("sold_until", existing_type=sa.Date(), nullable=False)
        table.alter_column("pauses", existing_type=sa.JSON(), nullable=False)
        table.create_check_constraint(op.f("ck_pass_sold"), "sold_from <= sold_until")
    with op.batch_alter_table("pass_event") as table:
        table.drop_index("uq_pass_event_once")
        table.drop_constraint(op.f("ck_pass_event_kind"), type_="check")
        table.add_column(sa.Column("reason", sa.String(), nullable=True))
        table.add_column(sa.Column("cause", sa.String(), nullable=True))
        table.add_column(sa.Column("first_day", sa.Date(), nullable=True))
        table.add_column(sa.Column("last_day", sa.Date(), nullable=True))
        table.add_column(sa.Column("days", sa.Integer(), nullable=True))
        table.create_check_constraint(op.f("ck_pass_event_kind"), MORE_KINDS)
        table.create_check_constraint(op.f("ck_pass_event_cause"), CAUSE)
        table.create_check_constraint(op.f("ck_pass_event_pause"), PAUSE)
        table.create_check_constraint(op.f("ck_pass_event_days"), DAYS)
    _make_once(MORE_ONCE)


def downgrade() -> None:
    op.drop_table("pass_rule")
    # A pass keeps the days that its events gave it; what the older version cannot say is left out.
    _delete_events()
    with op.batch_alter_table("pass_event") as table:
        table.drop_index("uq_pass_event_once")
        for name in ("kind", "cause", "pause", "days"):
            table.drop_constraint(op.f(f"ck_pass_event_{name}"), type_="check")
        for name in ("reason", "cause", "first_day", "last_day", "days"):
            table.drop_column(name)
        table.create_check_constraint(op.f("ck_pass_event_kind"), KINDS)
    _make_once(ONCE)
    with op.batch_alter_table("pass") as table:
        table.drop_constraint(op.f("ck_pass_sold"), type_="check")
        for name in ("sold_from", "sold_until", "pauses"):
            table.drop_column(name)


def _make_once(condition: str) -> None:
    op.create_index(
        "uq_pass_event_once",
        "pass_event",
        ["pass_id", "kind"],
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )


def _delete_events() -> None:
    """Delete the events of kinds that the older version does not know, and their records.

    One that ended a pass becomes a replacement: the pass must not come to life again.
    """
    connection = op.get_bind()
    made: list[tuple[str, str]] = []
    if connection.dialect.name == "postgresql":
        for table in ("pass_event", "row_record"):
            op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
    else:
        named = sa.text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name "
            "IN ('pass_event', 'row_record')"
        )
        made = [(row.name, row.sql) for row in connection.execute(named)]
        for name, _statement in made:
            op.execute(f"DROP TRIGGER {name}")
    op.execute(
        "DELETE FROM row_record WHERE of_table = 'pass_event' AND row_id IN "
        "(SELECT id FROM pass_event WHERE kind IN "
        "('upgraded', 'ended', 'paused', 'resumed', 'extended', 'moved'))"
    )
    op.execute(
        "UPDATE pass_event SET kind = 'replaced' WHERE kind IN ('upgraded', 'ended') AND NOT EXISTS "
        "(SELECT 1 FROM pass_event other WHERE other.pass_id = pass_event.pass_id "
        "AND other.kind = 'replaced')"
    )
    op.execute(
        "DELETE FROM pass_event WHERE kind IN "
        "('upgraded', 'ended', 'paused', 'resumed', 'extended', 'moved')"
    )
    if connection.dialect.name == "postgresql":
        for table in ("pass_event", "row_record"):
            op.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only")
    for _name, statement in made:
        op.execute(statement)
