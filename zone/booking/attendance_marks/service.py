"""Make marks, excuse and lift them, take appeals and decide them. Never commits.

The caller holds the lock of the member where it says so; see the order in `seats.service`.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.attendance_marks import errors, queries
from zone.booking.attendance_marks.models import AttendanceMark, AttendanceMarkEvent
from zone.booking.attendance_marks.rules import (
    LATE_CANCELLATION,
    NO_SHOW,
    NOT_HELD,
    Evidence,
    deserves_mark,
    evidence_text,
)
from zone.booking.booking_bans import service as booking_bans
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings.models import Booking
from zone.booking.mark_messages import service as mark_messages
from zone.booking.policies import queries as policies_queries
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.members.people.queries import member_by_id
from zone.members.people.service import audit_member, lock_members


def make_mark(
    session: Session,
    booking: Booking,
    allocation: Allocation,
    kind: str,
    evidence: Evidence,
    *,
    occurred_at: datetime,
    now: datetime,
) -> AttendanceMark | None:
    """Make a mark where one is deserved, with its ban if any and a mail; return it.

    The caller holds the lock of the member.
    """
    # None: over so long that the person was removed.
    if booking.member_id is None or not deserves_mark(kind, evidence):
        return None
    mark = AttendanceMark(
        public_id=new_public_id(),
        kind=kind,
        booking_id=booking.id,
        member_id=booking.member_id,
        on_day=allocation.on_day,
        occurred_at=occurred_at,
        recorded_at=now,
        evidence=evidence_text(evidence),
        state="counting",
    )
    session.add(mark)
    session.flush()
    booking_bans.begin_due(session, booking.member_id, now)
    _tell(session, mark, now)
    _record(session, mark, "noticed", now)
    return mark


def _tell(session: Session, mark: AttendanceMark, now: datetime) -> None:
    if mark.member_id is None:
        return
    counted = [
        one
        for one in queries.counting_marks(session, mark.member_id, now)
        if (one.occurred_at, one.id) <= (mark.occurred_at, mark.id)
    ]
    mark_messages.post_mark(
        session,
        mark,
        len(counted),
        banned_until(session, mark.member_id, now, begun_by=mark.occurred_at),
        policies_queries.policies(session.connection(), now, mark.member_id).of(),
        now,
    )


def tell_again(session: Session, member_ids: Collection[int], now: datetime) -> None:
    """Write the mails about marks anew that have not left, after a mark of these people ended.

    Each names how many marks count up to its own, and whether booking ahead is paused.
    """
    for member_id in sorted(member_ids):
        marks = queries.counting_marks(session, member_id, now)
        waiting = mark_messages.withdraw_waiting(session, marks)
        for mark in marks:
            if mark.id in waiting:
                _tell(session, mark, now)


def excuse_booking(session: Session, booking: Booking, actor: Actor, now: datetime) -> bool:
    """Excuse the mark for a booking, with a mail; False: there is none that counts.

    The caller holds the lock of the member.
    """
    mark = session.scalar(
        select(AttendanceMark).where(
            AttendanceMark.booking_id == booking.id, AttendanceMark.state == "counting"
        )
    )
    if mark is None:
        return False
    if mark.appealed_at is not None and mark.decided_at is None:
        mark.decided_at = now
    _end(session, [mark], "excused", now, actor_id=actor.id)
    return True


def lift_of_bookings(
    session: Session, booking_ids: Collection[int], reason: str, now: datetime
) -> None:
    """Lift the marks for bookings, with a mail. The caller holds the locks of the members."""
    marks = session.scalars(
        select(AttendanceMark)
        .where(AttendanceMark.booking_id.in_(booking_ids), AttendanceMark.state == "counting")
        .order_by(AttendanceMark.id)
    ).all()
    _end(session, marks, "lifted", now, reason=reason)


def lift_of_session(session: Session, session_id: int, actor_id: int, now: datetime) -> None:
    """Lift the marks for bookings of a session that is not held; who had booked reads of it in
    another mail.
    """
    marks = queries.marks_of_session(session, session_id)
    lock_members(session, {mark.member_id for mark in marks if mark.member_id is not None})
    marks = queries.marks_of_session(session, session_id)
    # Who has cancelled late gets no mail about the session any more.
    for kind in (NO_SHOW, LATE_CANCELLATION):
        of_kind = [mark for mark in marks if mark.kind == kind]
        post = kind == LATE_CANCELLATION
        _end(session, of_kind, "lifted", now, reason=NOT_HELD, actor_id=actor_id, post=post)


def _end(
    session: Session,
    marks: Sequence[AttendanceMark],
    kind: str,
    now: datetime,
    *,
    reason: str | None = None,
    actor_id: int | None = None,
    why: str = "",
    post: bool = True,
) -> None:
    """End marks, lift the bans that they caused, and tell their people.

    `why` is what they read; without it the sentence of `reason`.
    """
    if not marks:
        return
    unread = mark_messages.withdraw_waiting(session, marks)
    for mark in marks:
        mark.state = kind
        _record(session, mark, kind, now, reason=reason, actor_id=actor_id)
    session.flush()
    booking_bans.lift_unfounded(session, [mark.id for mark in marks], now, actor_id)
    people = {mark.member_id for mark in marks if mark.member_id is not None}
    for member_id in sorted(people):
        # Marks that are left may pause booking ahead in another way: of three, the 2nd and 3rd.
        booking_bans.begin_due(session, member_id, now)
    tell_again(session, people, now)
    for mark in marks:
        # Who has not read of a mark need not read that it is gone; but an appeal is answered.
        if post and mark.member_id and (mark.id not in unread or mark.appealed_at):
            until = banned_until(session, mark.member_id, now)
            mark_messages.post_mark_lifted(session, mark, why or reason or "", until, now)


def appeal(
    session: Session, *, member_id: int, mark: uuid.UUID, text: str, now: datetime
) -> AttendanceMark:
    """Take a person's appeal against a mark; the same text again changes nothing.

    Raises:
        DomainError: not_found (also for another person's); mark_appealed; mark_not_counting.
    """
    lock_members(session, [member_id])
    row = session.scalar(
        select(AttendanceMark).where(
            AttendanceMark.public_id == mark, AttendanceMark.member_id == member_id
        )
    )
    if row is None:
        raise DomainError(NOT_FOUND)
    if row.appealed_at is not None:
        if row.appeal_text == text:  # the second tap on the button
            return row
        raise DomainError(errors.MARK_APPEALED)
    if row.id not in {one.id for one in queries.counting_marks(session, member_id, now)}:
        raise DomainError(errors.MARK_NOT_COUNTING)
    row.appealed_at, row.appeal_text = now, text
    # Without its person, whom the mark names until they are removed: events stay as they are.
    _record(session, row, "appealed", now)
    session.flush()
    return row


def decide(
    session: Session, actor: Actor, mark: uuid.UUID, *, lift: bool, reason: str, now: datetime
) -> AttendanceMark:
    """Decide an appeal as staff: the mark is lifted or stays; its person gets a mail.

    Raises:
        DomainError: forbidden, not_for_yourself; not_found: also without an appeal;
            appeal_decided; mark_not_counting.
    """
    actor.require(Permission.DESK_USE)
    member_id = session.scalar(
        select(AttendanceMark.member_id).where(
            AttendanceMark.public_id == mark, AttendanceMark.appealed_at.is_not(None)
        )
    )
    if member_id is None:
        raise DomainError(NOT_FOUND)
    actor.require_other(member_id)
    lock_members(session, [member_id])
    row = session.scalars(
        select(AttendanceMark)
        .where(AttendanceMark.public_id == mark)
        .execution_options(populate_existing=True)
    ).one()
    if row.decided_at is not None:
        raise DomainError(errors.APPEAL_DECIDED)
    if row.state != "counting":
        raise DomainError(errors.MARK_NOT_COUNTING)
    row.decided_at, row.decision_text = now, reason
    if lift:
        # Read as before: a no-show that does not count.
        session.get_one(Booking, row.booking_id).excused_at = now
        _end(session, [row], "lifted", now, actor_id=actor.id, why=reason)
    else:
        _record(session, row, "upheld", now, actor_id=actor.id)
        until = banned_until(session, member_id, now)
        mark_messages.post_appeal_upheld(session, row, reason, until, now)
    session.flush()
    action = "mark.lift" if lift else "mark.uphold"
    person = member_by_id(session, member_id)
    audit_member(session, action, person, actor.id, now, after={"mark": mark}, reason=reason)
    return row


def expire_wiped(session: Session, now: datetime, limit: int) -> int:
    """Record that a term has wiped marks; return how many."""
    marks = queries.marks_wiped(session, now, limit)
    lock_members(session, {mark.member_id for mark in marks if mark.member_id is not None})
    for mark in marks:
        session.refresh(mark)
        if mark.state == "counting":
            mark.state = "expired"
            _record(session, mark, "expired", now)
    session.flush()
    return len(marks)


def _record(
    session: Session,
    mark: AttendanceMark,
    kind: str,
    now: datetime,
    *,
    reason: str | None = None,
    actor_id: int | None = None,
) -> None:
    session.add(
        AttendanceMarkEvent(
            mark_id=mark.id,
            kind=kind,
            reason=reason,
            actor_id=actor_id,
            occurred_at=now,
            recorded_at=now,
        )
    )


def remove_members(session: Session, *, before: datetime, marks_from: date, limit: int) -> int:
    """Remove the person, and what they and staff wrote, from marks before a time; return how many.

    Marks that count stay, if they are of `marks_from` and later.
    """
    query = (
        select(AttendanceMark)
        .where(
            AttendanceMark.member_id.is_not(None),
            AttendanceMark.occurred_at < before,
            or_(
                AttendanceMark.state != "counting",
                AttendanceMark.on_day < marks_from,
            ),
        )
        .limit(limit)
    )
    removed = session.scalars(query).all()
    for row in removed:
        # The row's digests of before are kept; see `core.row_records`.
        row.member_id, row.public_id = None, new_public_id()
        row.appeal_text = row.decision_text = None
    session.flush()
    return len(removed)
