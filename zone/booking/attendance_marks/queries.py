"""Read marks: what proves one, those that count, a person's own, and open appeals."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from zone.booking.activities.rules import KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks.models import AttendanceMark, AttendanceMarkEvent
from zone.booking.attendance_marks.rules import SeatDemand, read_evidence, seat_demand
from zone.booking.attendance_marks.views import Appeal, AttendanceMarkView, MarkEventView
from zone.booking.booking_bans.queries import in_present_term
from zone.booking.bookings.models import Booking
from zone.booking.moves.models import FirstRight
from zone.booking.policies.queries import policy_of
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

OPEN_APPEAL = and_(
    AttendanceMark.appealed_at.is_not(None),
    AttendanceMark.decided_at.is_(None),
    AttendanceMark.state == "counting",
)


def demand_for(
    session: Session, allocation: Allocation, member_id: int | None, until: datetime
) -> SeatDemand:
    """Return how many wanted a place of a session by `until`, besides this person."""
    if not KINDS[allocation.kind].is_session:  # who reserves a space has all of it
        return SeatDemand(1, 1)
    rows = session.execute(
        select(QueueEntry.created_at, QueueEntry.state, func.max(QueueEvent.occurred_at))
        .join(QueueEvent, QueueEvent.entry_id == QueueEntry.id)
        .where(
            QueueEntry.session_id == allocation.id,
            func.coalesce(QueueEntry.member_id, 0) != (member_id or 0),
            # Whose place was kept when the session moved had it before: they missed none.
            ~exists().where(FirstRight.entry_id == QueueEntry.id),
        )
        .group_by(QueueEntry.id, QueueEntry.created_at, QueueEntry.state)
    )
    waits = [(since, None if state in LIVE_STATES else last) for since, state, last in rows]
    # In force at that time: a later change of the rules makes no mark of it, and ends none.
    percent = policy_of(session, allocation, until).marks_percent
    return seat_demand(allocation.bookable, allocation.booked, waits, until, percent)


def scarce_among(
    session: Session, bookings: Collection[uuid.UUID], now: datetime
) -> set[uuid.UUID]:
    """Return those of these bookings whose late cancellation would be a mark now."""
    rows = session.execute(
        select(Booking, Allocation)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(Booking.public_id.in_(bookings))
    )
    return {
        booking.public_id
        for booking, allocation in rows
        if demand_for(session, allocation, booking.member_id, now).is_scarce
    }


def counting_marks(session: Session, member_id: int, now: datetime) -> list[AttendanceMark]:
    """Return the marks of a person that count, in the order of time."""
    query = (
        select(AttendanceMark)
        .where(AttendanceMark.member_id == member_id, _counts())
        .order_by(AttendanceMark.occurred_at, AttendanceMark.id)
    )
    return list(session.scalars(query, {"today": helsinki_date(now)}))


def _counts() -> ColumnElement[bool]:
    return and_(AttendanceMark.state == "counting", in_present_term(AttendanceMark.on_day))


def booking_counts(session: Session, booking: uuid.UUID, now: datetime) -> bool:
    """Return whether there is a mark for a booking that counts against a person."""
    query = (
        select(AttendanceMark.id)
        .join(Booking, Booking.id == AttendanceMark.booking_id)
        .where(Booking.public_id == booking, AttendanceMark.member_id.is_not(None), _counts())
    )
    return session.scalar(query, {"today": helsinki_date(now)}) is not None


def marks_of_session(session: Session, session_id: int) -> Sequence[AttendanceMark]:
    """Return the marks for bookings of a session that count and whose person is known."""
    query = (
        select(AttendanceMark)
        .join(Booking, Booking.id == AttendanceMark.booking_id)
        .where(
            Booking.session_id == session_id,
            AttendanceMark.state == "counting",
            AttendanceMark.member_id.is_not(None),
        )
        .order_by(AttendanceMark.id)
    )
    return session.scalars(query).all()


def is_marked(session: Session, session_id: int, member_id: int) -> bool:
    """Return whether a mark of a person in this session is in the state counting."""
    return any(mark.member_id == member_id for mark in marks_of_session(session, session_id))


def marks_wiped(session: Session, now: datetime, limit: int) -> Sequence[AttendanceMark]:
    """Return marks in the state counting that a term has wiped."""
    query = (
        select(AttendanceMark)
        .where(AttendanceMark.state == "counting", ~in_present_term(AttendanceMark.on_day))
        .order_by(AttendanceMark.id)
        .limit(limit)
    )
    return session.scalars(query, {"today": helsinki_date(now)}).all()


def _select_marks(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(AttendanceMark, Booking.public_id, Allocation, Space, Campus.name)
        .join(Booking, Booking.id == AttendanceMark.booking_id)
        .join(Allocation, Allocation.id == Booking.session_id)
        .outerjoin(Space, Space.id == Allocation.space_id)
        .outerjoin(Campus, Campus.id == Space.campus_id)
        .where(condition)
    )


def marks(session: Session, member_id: int, now: datetime) -> list[AttendanceMarkView]:
    """Return a person's marks, the newest first."""
    query = _select_marks(AttendanceMark.member_id == member_id).order_by(
        AttendanceMark.occurred_at.desc(), AttendanceMark.id.desc()
    )
    return _views(session, session.execute(query).all(), now)


def mark_view(
    session: Session, mark: uuid.UUID, now: datetime, *, member_id: int | None = None
) -> AttendanceMarkView:
    """Return a mark; with `member_id` only that of this person.

    Raises:
        DomainError: not_found.
    """
    condition = AttendanceMark.public_id == mark
    if member_id is not None:
        condition = and_(condition, AttendanceMark.member_id == member_id)
    views = _views(session, session.execute(_select_marks(condition)).all(), now)
    if not views:
        raise DomainError(NOT_FOUND)
    return views[0]


def open_appeals(session: Session, now: datetime) -> list[Appeal]:
    """Return the appeals that nobody has decided yet, the oldest first."""
    rows = session.execute(
        _select_marks(OPEN_APPEAL)
        .join(Member, Member.id == AttendanceMark.member_id)
        .add_columns(Member.public_id, Member.name)
        .order_by(AttendanceMark.appealed_at, AttendanceMark.id)
    ).all()
    views = _views(session, [row[:5] for row in rows], now)
    people = {row[0].public_id: (row[5], row[6]) for row in rows}
    return [Appeal(view, *people[view.id]) for view in views]


def count_open_appeals(_now: datetime) -> Select[int]:
    """Return the SELECT of how many appeals wait for a decision."""
    query = select(func.count()).select_from(AttendanceMark).where(OPEN_APPEAL)
    return query.where(AttendanceMark.member_id.is_not(None))


def _views(session: Session, rows: Iterable[Any], now: datetime) -> list[AttendanceMarkView]:
    found = list(rows)
    ids = [row[0].id for row in found]
    events = _events(session, ids)
    counting = _counting_among(session, ids, now)
    return [
        AttendanceMarkView(
            id=mark.public_id,
            kind=mark.kind,
            state=mark.state,
            counts=mark.id in counting,
            booking=booking,
            name=_names(allocation),
            starts_at=allocation.starts_at,
            ends_at=allocation.ends_at,
            campus_name=campus,
            space=_names(space) if space else None,
            is_court=not KINDS[allocation.kind].is_session,
            occurred_at=mark.occurred_at,
            recorded_at=mark.recorded_at,
            evidence=read_evidence(mark.evidence),
            events=tuple(events[mark.id]),
            appealed_at=mark.appealed_at,
            decided_at=mark.decided_at,
            appeal=mark.appeal_text,
            decision=mark.decision_text,
        )
        for mark, booking, allocation, space, campus in found
    ]


def _events(session: Session, mark_ids: Collection[int]) -> dict[int, list[MarkEventView]]:
    events: dict[int, list[MarkEventView]] = defaultdict(list)
    rows = session.scalars(
        select(AttendanceMarkEvent)
        .where(AttendanceMarkEvent.mark_id.in_(mark_ids))
        .order_by(AttendanceMarkEvent.id)
    )
    for row in rows:
        events[row.mark_id].append(MarkEventView(row.kind, row.occurred_at, row.reason))
    return events


def _counting_among(session: Session, mark_ids: Collection[int], now: datetime) -> set[int]:
    query = select(AttendanceMark.id).where(AttendanceMark.id.in_(mark_ids), _counts())
    return set(session.scalars(query, {"today": helsinki_date(now)}))


def _names(row: Allocation | Space) -> dict[str, str]:
    return {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en}


def own_marks(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's marks, for the export of one's own data."""
    return (
        select(
            AttendanceMark.kind,
            Allocation.name_en.label("session"),
            Allocation.starts_at,
            AttendanceMark.occurred_at,
            AttendanceMark.recorded_at,
            AttendanceMark.state,
            AttendanceMark.evidence,
            AttendanceMark.appealed_at,
            AttendanceMark.appeal_text,
            AttendanceMark.decided_at,
            AttendanceMark.decision_text,
        )
        .join(Booking, Booking.id == AttendanceMark.booking_id)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(AttendanceMark.member_id == member_id)
    )
