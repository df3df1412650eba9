"""What must hold of marks and bans, recounted by `zone doctor`."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.models import AttendanceMark, AttendanceMarkEvent
from zone.booking.attendance_marks.queries import demand_for
from zone.booking.attendance_marks.rules import (
    BEFORE_EVIDENCE,
    deserves_mark,
    read_evidence,
    state_of,
)
from zone.booking.booking_bans.models import BookingBan, BookingBanEvent, BookingBanMark
from zone.booking.bookings.models import Booking
from zone.core.invariants import Invariant, count_broken_ids, count_rows

AT_ONCE: Final = 500


def count_unfounded(session: Session, _named_since: datetime) -> int:
    """Count the marks whose evidence does not prove one: no scarce place, or no door heard."""
    query = select(AttendanceMark.id, AttendanceMark.kind, AttendanceMark.evidence)
    rows = session.execute(query).yield_per(AT_ONCE)
    unfounded = (id_ for id_, kind, evidence in rows if not _is_founded(kind, evidence))
    return count_broken_ids(session, "attendance_mark", unfounded)


def _is_founded(kind: str, stored: str) -> bool:
    try:
        evidence = read_evidence(stored)
    except (ValueError, KeyError, TypeError):
        return False
    return evidence == BEFORE_EVIDENCE or deserves_mark(kind, evidence)


def count_wrong_mark_states(session: Session, _named_since: datetime) -> int:
    """Count the marks whose state or appeal is not that of their events."""
    wrong = 0
    for marks in _in_parts(session):
        kinds: dict[int, list[str]] = defaultdict(list)
        events = session.execute(
            select(AttendanceMarkEvent.mark_id, AttendanceMarkEvent.kind)
            .where(AttendanceMarkEvent.mark_id.in_([mark.id for mark in marks]))
            .order_by(AttendanceMarkEvent.id)
        )
        for mark_id, kind in events:
            kinds[mark_id].append(kind)
        wrong += count_broken_ids(
            session,
            "attendance_mark",
            (
                mark.id
                for mark in marks
                if state_of(kinds[mark.id]) != mark.state
                or ("appealed" in kinds[mark.id]) != (mark.appealed_at is not None)
                or not _is_decided_as_recorded(mark, kinds[mark.id])
            ),
        )
    return wrong


def _is_decided_as_recorded(mark: AttendanceMark, kinds: Collection[str]) -> bool:
    """Return whether an appeal is decided just where its mark was upheld, or has ended by that."""
    if mark.decided_at is None:
        return "upheld" not in kinds  # one that ended by itself leaves its appeal undecided
    return not {"upheld", "lifted", "excused"}.isdisjoint(kinds)


def _in_parts(session: Session) -> Iterator[list[AttendanceMark]]:
    after = 0
    query = select(AttendanceMark).order_by(AttendanceMark.id).limit(AT_ONCE)
    while marks := list(session.scalars(query.where(AttendanceMark.id > after))):
        yield marks
        after = marks[-1].id
        session.expunge_all()


def count_wrong_bookings(session: Session, _named_since: datetime) -> int:
    """Count the marks that count although their booking was used, or still stands."""
    missed = and_(AttendanceMark.kind == "no_show", Booking.state == "no_show")
    late = and_(AttendanceMark.kind == "late_cancellation", Booking.state == "cancelled")
    rows = (
        select(AttendanceMark.id)
        .join(Booking, Booking.id == AttendanceMark.booking_id)
        .where(AttendanceMark.state == "counting", ~or_(missed, late))
    )
    return count_rows(session, rows)


def count_unmarked(session: Session, _named_since: datetime) -> int:
    """Count the bookings that were not used, of scarce places, and have no mark."""
    marked = exists().where(AttendanceMark.booking_id == Booking.id)
    rows = session.execute(
        select(Booking.id, Booking.session_id, Booking.member_id)
        .where(Booking.state == "no_show", Booking.member_id.is_not(None), ~marked)
        .order_by(Booking.session_id)
    ).all()
    return count_broken_ids(
        session,
        "booking",
        (
            booking_id
            for booking_id, session_id, member_id in rows
            if _is_scarce(session, session_id, member_id)
        ),
    )


def _is_scarce(session: Session, session_id: int, member_id: int | None) -> bool:
    row = session.get_one(Allocation, session_id)
    return member_id is not None and demand_for(session, row, member_id, row.starts_at).is_scarce


def count_wrong_ban_states(session: Session, _named_since: datetime) -> int:
    """Count the bans whose state is not that of their newest event, or that never began."""
    age = func.row_number().over(
        partition_by=BookingBanEvent.ban_id, order_by=BookingBanEvent.id.desc()
    )
    newest = select(BookingBanEvent.ban_id, BookingBanEvent.kind, age.label("age")).subquery()
    kind = func.coalesce(newest.c.kind, "")
    rows = (
        select(BookingBan.id)
        .outerjoin(newest, and_(newest.c.ban_id == BookingBan.id, newest.c.age == 1))
        .where(
            or_(
                and_(BookingBan.state == "in_force", kind != "begun"),
                and_(BookingBan.state != "in_force", kind != BookingBan.state),
            )
        )
    )
    return count_rows(session, rows)


def count_unfounded_bans(session: Session, _named_since: datetime) -> int:
    """Count the bans in force without marks, or behind which a mark stands that was taken back."""
    marks = select(BookingBanMark.id).where(BookingBanMark.ban_id == BookingBan.id)
    gone = (
        marks.join(AttendanceMark, AttendanceMark.id == BookingBanMark.mark_id)
        .where(AttendanceMark.state.in_(("excused", "lifted")))
        .exists()
    )
    rows = select(BookingBan.id).where(BookingBan.state == "in_force", or_(~marks.exists(), gone))
    return count_rows(session, rows)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "marks", "each mark has evidence of a scarce place and of doors heard", count_unfounded
    ),
    Invariant("mark_states", "each mark is in the state of its events", count_wrong_mark_states),
    Invariant("marked", "no booking that was used has a mark that counts", count_wrong_bookings),
    Invariant("unmarked", "who missed a scarce place has a mark", count_unmarked),
    Invariant("ban_states", "each ban is in the state of its events", count_wrong_ban_states),
    Invariant("bans", "behind each ban in force stand marks that count", count_unfounded_bans),
)
