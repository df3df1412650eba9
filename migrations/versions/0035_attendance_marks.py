"""Marks with their evidence and bans with their marks: every no-show whose person is known becomes a mark.

Revision ID: 0035
Revises: 0034
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
HELSINKI = ZoneInfo("Europe/Helsinki")
APPEND_ONLY = ("attendance_mark_event", "booking_ban_mark", "booking_ban_event")
RECORDED = ("attendance_mark", "booking_ban")
EVIDENCE = json.dumps({"doors": [], "kept": False, "limit": None}, sort_keys=True)
NO_SHOWS = """
SELECT booking.id AS booking_id, booking.member_id, booking.excused_at, allocation.on_day,
    allocation.ends_at, (SELECT MAX(booking_event.recorded_at) FROM booking_event
        WHERE booking_event.booking_id = booking.id AND booking_event.kind = 'no_show') AS recorded_at
FROM booking JOIN allocation ON allocation.id = booking.session_id
WHERE booking.state = 'no_show' AND booking.member_id IS NOT NULL
ORDER BY allocation.ends_at, booking.id
"""
NO_SHOW_COLUMNS = (
    sa.column("booking_id", BIG),
    sa.column("member_id", BIG),
    sa.column("excused_at", WHEN),
    sa.column("on_day", sa.Date()),
    sa.column("ends_at", WHEN),
    sa.column("recorded_at", WHEN),
)


def upgrade() -> None:
    _make_marks()
    _make_bans()
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
            )
    _fill(op.get_bind())


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _make_marks() -> None:
    op.create_table(
        "attendance_mark",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("booking_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("appealed_at", WHEN, nullable=True),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("appeal_text", sa.Text(), nullable=True),
        sa.Column("decision_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('no_show', 'late_cancellation')", name=op.f("ck_attendance_mark_kind")
        ),
        sa.CheckConstraint(
            "state IN ('counting', 'excused', 'lifted', 'expired')",
            name=op.f("ck_attendance_mark_state"),
        ),
        sa.CheckConstraint(
            "decided_at IS NULL OR appealed_at IS NOT NULL", name=op.f("ck_attendance_mark_decided")
        ),
        _key("attendance_mark", "booking_id", "booking"),
        _key("attendance_mark", "member_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_mark")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attendance_mark_public_id")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_attendance_mark_booking_id")),
    )
    op.create_index("ix_attendance_mark_member_state", "attendance_mark", ["member_id", "state"])
    op.create_table(
        "attendance_mark_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("mark_id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "kind IN ('noticed', 'excused', 'appealed', 'upheld', 'lifted', 'expired')",
            name=op.f("ck_attendance_mark_event_kind"),
        ),
        _key("attendance_mark_event", "mark_id", "attendance_mark"),
        _key("attendance_mark_event", "actor_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_mark_event")),
        sa.UniqueConstraint("mark_id", "kind", name=op.f("uq_attendance_mark_event_mark_id_kind")),
    )
    _one_end("attendance_mark_event", "mark_id", "kind IN ('excused', 'lifted', 'expired')")


def _one_end(table: str, column: str, kinds: str) -> None:
    ends = sa.text(kinds)
    name = f"uq_{table}_end"
    op.create_index(name, table, [column], unique=True, sqlite_where=ends, postgresql_where=ends)


def _make_bans() -> None:
    op.create_table(
        "booking_ban",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("starts_at", WHEN, nullable=False),
        sa.Column("ends_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_ban_start_before_end")),
        sa.CheckConstraint(
            "state IN ('in_force', 'lifted', 'ended')", name=op.f("ck_booking_ban_state")
        ),
        _key("booking_ban", "member_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_ban")),
        sa.UniqueConstraint("public_id", name=op.f("uq_booking_ban_public_id")),
    )
    op.create_index("ix_booking_ban_member_state", "booking_ban", ["member_id", "state"])
    op.create_table(
        "booking_ban_mark",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ban_id", BIG, nullable=False),
        sa.Column("mark_id", BIG, nullable=False),
        _key("booking_ban_mark", "ban_id", "booking_ban"),
        _key("booking_ban_mark", "mark_id", "attendance_mark"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_ban_mark")),
        sa.UniqueConstraint("ban_id", "mark_id", name=op.f("uq_booking_ban_mark_ban_id_mark_id")),
    )
    op.create_index(op.f("ix_booking_ban_mark_mark_id"), "booking_ban_mark", ["mark_id"])
    op.create_table(
        "booking_ban_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ban_id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("occurred_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "kind IN ('begun', 'lifted', 'ended')", name=op.f("ck_booking_ban_event_kind")
        ),
        _key("booking_ban_event", "ban_id", "booking_ban"),
        _key("booking_ban_event", "actor_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_ban_event")),
        sa.UniqueConstraint("ban_id", "kind", name=op.f("uq_booking_ban_event_ban_id_kind")),
    )
    _one_end("booking_ban_event", "ban_id", "kind IN ('lifted', 'ended')")


def _fill(connection: sa.Connection) -> None:
    """Make a mark of each no-show whose person is known, and the bans that those of a term begin.

    What is over by now (marks of an earlier term, bans of weeks ago) the service ends by itself.
    """
    counting: dict[int, list[tuple[int, Any]]] = defaultdict(list)
    for row in connection.execute(sa.text(NO_SHOWS).columns(*NO_SHOW_COLUMNS)).all():
        mark = _add_mark(connection, row)
        if row.excused_at is None:
            counting[row.member_id].append((mark, row))
    no_shows, days = _policy(connection)
    terms = _terms(connection)
    for member_id, marks in counting.items():
        for behind in _bans(marks, terms, no_shows) if days else ():
            _add_ban(connection, member_id, behind, days)


def _insert(connection: sa.Connection, name: str, **values: Any) -> int:
    table = _tables(name)
    made = connection.execute(sa.insert(table).values(**values).returning(table.c.id))
    return int(made.scalar_one())


NEW_COLUMNS: dict[str, dict[str, Any]] = {
    "attendance_mark": {
        "public_id": sa.Uuid(),
        "kind": sa.String(),
        "booking_id": BIG,
        "member_id": BIG,
        "on_day": sa.Date(),
        "occurred_at": WHEN,
        "recorded_at": WHEN,
        "evidence": sa.Text(),
        "state": sa.String(),
    },
    "attendance_mark_event": {
        "mark_id": BIG,
        "kind": sa.String(),
        "occurred_at": WHEN,
        "recorded_at": WHEN,
    },
    "booking_ban": {
        "public_id": sa.Uuid(),
        "member_id": BIG,
        "on_day": sa.Date(),
        "starts_at": WHEN,
        "ends_at": WHEN,
        "recorded_at": WHEN,
        "state": sa.String(),
    },
    "booking_ban_mark": {"ban_id": BIG, "mark_id": BIG},
    "booking_ban_event": {
        "ban_id": BIG,
        "kind": sa.String(),
        "occurred_at": WHEN,
        "recorded_at": WHEN,
    },
}


def _tables(name: str) -> sa.TableClause:
    columns = NEW_COLUMNS[name].items()
    return sa.table(name, sa.column("id", BIG), *(sa.column(*one) for one in columns))


def _add_mark(connection: sa.Connection, row: Any) -> int:
    recorded_at = row.recorded_at or row.ends_at
    mark = _insert(
        connection,
        "attendance_mark",
        public_id=uuid.uuid4(),
        kind="no_show",
        booking_id=row.booking_id,
        member_id=row.member_id,
        on_day=row.on_day,
        occurred_at=row.ends_at,
        recorded_at=recorded_at,
        evidence=EVIDENCE,
        state="counting" if row.excused_at is None else "excused",
    )
    for kind, at in (("noticed", recorded_at), ("excused", row.excused_at)):
        if at is not None:
            values = {"mark_id": mark, "kind": kind, "occurred_at": at, "recorded_at": at}
            _insert(connection, "attendance_mark_event", **values)
    return mark


def _policy(connection: sa.Connection) -> tuple[int, int]:
    query = "SELECT no_shows, suspension_days FROM booking_policy WHERE id = 1"
    row = connection.execute(sa.text(query)).first()
    return (2, 14) if row is None else (row.no_shows, row.suspension_days)


def _terms(connection: sa.Connection) -> list[tuple[Any, Any]]:
    query = sa.text("SELECT starts_on, ends_on FROM season")
    rows = connection.execute(query.columns(starts_on=sa.Date(), ends_on=sa.Date()))
    return [(row.starts_on, row.ends_on) for row in rows]


def _bans(
    marks: Iterable[tuple[int, Any]], terms: list[tuple[Any, Any]], no_shows: int
) -> Iterator[list[tuple[int, Any]]]:
    """Yield the marks behind each ban: with 2, the 1st and 2nd of a term, the 3rd and 4th, …"""
    # Marks count together that no begin and no end of a term parts.
    of_term: dict[Any, list[tuple[int, Any]]] = defaultdict(list)
    for mark, row in marks:
        begun = sum(starts_on <= row.on_day for starts_on, _ in terms)
        ended = sum(ends_on < row.on_day for _, ends_on in terms)
        of_term[begun, ended].append((mark, row))
    for together in of_term.values():
        for last in range(no_shows, len(together) + 1, no_shows):
            yield together[last - no_shows : last]


def _add_ban(
    connection: sa.Connection, member_id: int, behind: list[tuple[int, Any]], days: int
) -> None:
    _, last = behind[-1]
    recorded_at = last.recorded_at or last.ends_at
    ban = _insert(
        connection,
        "booking_ban",
        public_id=uuid.uuid4(),
        member_id=member_id,
        on_day=last.on_day,
        starts_at=last.ends_at,
        ends_at=_days_later(connection, last.ends_at, days),
        recorded_at=recorded_at,
        state="in_force",
    )
    for mark, _ in behind:
        _insert(connection, "booking_ban_mark", ban_id=ban, mark_id=mark)
    begun = {"kind": "begun", "occurred_at": last.ends_at, "recorded_at": recorded_at}
    _insert(connection, "booking_ban_event", ban_id=ban, **begun)


def _days_later(connection: sa.Connection, at: datetime, days: int) -> datetime:
    """Return the same wall-clock time in Helsinki so many days later, as the database takes it."""
    utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    local = utc.astimezone(HELSINKI)
    later = datetime.combine(local.date() + timedelta(days=days), local.time(), HELSINKI)
    result = later.replace(fold=0).astimezone(UTC)
    return result.replace(tzinfo=None) if connection.dialect.name == "sqlite" else result


def downgrade() -> None:
    for table in ("booking_ban_event", "booking_ban_mark", "booking_ban"):
        op.drop_table(table)
    for table in ("attendance_mark_event", "attendance_mark"):
        op.drop_table(table)
    _forget_records()


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
