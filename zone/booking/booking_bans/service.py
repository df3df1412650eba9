"""Begin, lift and end bans. Never commits. The caller holds the lock of the member."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.booking_bans.models import BookingBan, BookingBanEvent, BookingBanMark
from zone.booking.booking_bans.queries import in_present_term
from zone.booking.booking_bans.rules import CountedMark, DueBan, due_bans
from zone.booking.policies import queries as policies_queries
from zone.core.ids import new_public_id
from zone.core.time import helsinki_date


def begin_due(session: Session, member_id: int, now: datetime) -> None:
    """Begin the bans that a person's marks cause and that have not begun yet."""
    policy = policies_queries.policies(session.connection(), now, member_id).of()
    for due in due_bans(_unspent_marks(session, member_id, now), policy):
        _begin(session, member_id, due, now)


def _unspent_marks(session: Session, member_id: int, now: datetime) -> list[CountedMark]:
    """Return the marks that count and stand behind no ban, or behind one that was lifted."""
    spent = (
        select(BookingBanMark.mark_id)
        .join(BookingBan, BookingBan.id == BookingBanMark.ban_id)
        .where(BookingBan.member_id == member_id, BookingBan.state != "lifted")
    )
    rows = session.execute(
        select(AttendanceMark.id, AttendanceMark.occurred_at).where(
            AttendanceMark.member_id == member_id,
            AttendanceMark.state == "counting",
            in_present_term(AttendanceMark.on_day),
            AttendanceMark.id.not_in(spent),
        ),
        {"today": helsinki_date(now)},
    )
    return [CountedMark(row.id, row.occurred_at) for row in rows]


def _begin(session: Session, member_id: int, due: DueBan, now: datetime) -> None:
    last = session.get_one(AttendanceMark, due.marks[-1].id)
    ban = BookingBan(
        public_id=new_public_id(),
        member_id=member_id,
        on_day=last.on_day,
        starts_at=due.starts_at,
        ends_at=due.ends_at,
        recorded_at=now,
    )
    session.add(ban)
    session.flush()
    session.add_all(BookingBanMark(ban_id=ban.id, mark_id=mark.id) for mark in due.marks)
    _record(session, ban, "begun", due.starts_at, now)
    if ban.ends_at <= now:  # of marks that were recorded long after
        end(session, ban, now)
    session.flush()


def lift_unfounded(
    session: Session, mark_ids: Collection[int], now: datetime, actor_id: int | None
) -> None:
    """Lift the bans in force behind which one of these marks stands, which do not count any more.

    What is left of their marks may begin another one: see `begin_due`.
    """
    query = (
        select(BookingBan)
        .join(BookingBanMark, BookingBanMark.ban_id == BookingBan.id)
        .where(BookingBan.state == "in_force", BookingBanMark.mark_id.in_(mark_ids))
        .order_by(BookingBan.id)
    )
    for ban in session.scalars(query).unique().all():
        ban.state = "lifted"
        _record(session, ban, "lifted", now, now, actor_id)
    session.flush()


def end(session: Session, ban: BookingBan, now: datetime) -> None:
    """Record that a ban is over: by its time, or with the term."""
    ban.state = "ended"
    _record(session, ban, "ended", min(ban.ends_at, now), now)
    session.flush()


def _record(
    session: Session,
    ban: BookingBan,
    kind: str,
    occurred_at: datetime,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    session.add(
        BookingBanEvent(
            ban_id=ban.id, kind=kind, actor_id=actor_id, occurred_at=occurred_at, recorded_at=now
        )
    )


def remove_members(session: Session, *, before: datetime, limit: int) -> int:
    """Remove the person from bans that ended before a time; return how many."""
    query = (
        select(BookingBan)
        .where(
            BookingBan.member_id.is_not(None),
            BookingBan.state != "in_force",
            BookingBan.ends_at < before,
        )
        .limit(limit)
    )
    removed = session.scalars(query).all()
    for row in removed:
        # The row's digests of before are kept; see `core.row_records`.
        row.member_id, row.public_id = None, new_public_id()
    session.flush()
    return len(removed)
