"""Create and cancel single sessions, change their places, and record which were held."""

import uuid
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from zone.booking.activities.service import activity_like
from zone.booking.allocations.models import Allocation
from zone.booking.allocations.service import (
    allocate,
    delete_holds_before,
    mark_cancelled,
    record_allocations,
    release,
)
from zone.booking.attendance_marks import queries as marks_queries
from zone.booking.attendance_marks import service as attendance_marks
from zone.booking.bookings.models import Booking
from zone.booking.bookings.queries import live_booking
from zone.booking.messages import queries as messages_queries
from zone.booking.messages.service import PostCancelled, post_cancellation, post_correction
from zone.booking.move_messages.service import withdraw_move
from zone.booking.moves.queries import open_first_rights
from zone.booking.policies import queries as policies_queries
from zone.booking.promotions import service as promotions
from zone.booking.seats.service import lock_session, record_bookings, session_id_of
from zone.booking.sessions import rules
from zone.booking.sessions.errors import (
    CAPACITY_BELOW_BOOKED,
    CLASS_INVALID,
    SESSION_CANCELLED,
    SESSION_HELD,
    SESSION_NOT_ENDED,
)
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.rules import ClassDetails
from zone.booking.waitlist import service as waitlist
from zone.core.audit.service import AuditValues, record_action
from zone.core.errors import DomainError
from zone.core.identity import FORBIDDEN, Actor, Permission
from zone.core.ids import new_public_id
from zone.core.mail import service as mail
from zone.core.time import helsinki_date
from zone.core.versions import refuse_stale
from zone.members.roster_marks.service import mark_roster
from zone.places.spaces.queries import space_by_id

HOLDS_KEPT: Final = timedelta(days=1)
"""How long holds stay after their time."""


def create_session(
    session: Session,
    details: ClassDetails,
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    rule_id: int | None = None,
    rule_day: date | None = None,
) -> ClassSession:
    """Create one session, which holds its space for that time.

    Raises:
        IntegrityError: a constraint refuses it, such as `uq_hold_part_slice` where the space is
            taken.
    """
    activity = activity_like(session, details.activity)
    policy = policies_queries.policies(session.connection(), now).of(activity.id)
    percent = details.bookable_percent or policy.bookable_percent
    # With `rule_id`, `rule_day` is the key that refuses a second expansion.
    created = ClassSession(
        public_id=new_public_id(),
        activity_id=activity.id,
        kind=activity.kind,
        name_fi=activity.name_fi,
        name_sv=activity.name_sv,
        name_en=activity.name_en,
        rule_id=rule_id,
        rule_day=rule_day,
        space_id=details.space_id,
        instructor_id=details.instructor_id,
        live=details.live,
        on_day=helsinki_date(start),
        starts_at=start,
        ends_at=end,
        capacity=details.capacity,
        bookable=rules.bookable_places(details.capacity, details.kind, percent),
        bookable_percent=percent,
    )
    allocate(session, created, now=now)
    return created


def cancel_session(
    session: Session,
    actor: Actor,
    class_session: uuid.UUID,
    *,
    reason: str,
    now: datetime,
    post: PostCancelled = post_cancellation,
) -> ClassSession:
    """Cancel a session with its bookings and its waitlist, and release its space.

    Without `timetable:write` an actor cancels only the sessions that they lead. `post` tells those
    who had booked.

    Raises:
        DomainError: forbidden, not_found; session_cancelled: it already is; session_held: it has
            ended, see `correct_session`.
    """
    row = lock_to_cancel(session, actor, class_session)
    if row.state == "cancelled":
        raise DomainError(SESSION_CANCELLED)
    refuse_past(row, now)
    cancel_with_bookings(session, row, actor_id=actor.id, reason=reason, now=now, post=post)
    waitlist.close(session, row.id, now, SESSION_CANCELLED)
    return row


def refuse_past(class_session: ClassSession, now: datetime) -> None:
    """Refuse to change what has ended, whether or not it is recorded as held already.

    Raises:
        DomainError: session_held.
    """
    if class_session.state == "held" or class_session.ends_at <= now:
        raise DomainError(SESSION_HELD)


def lock_to_cancel(session: Session, actor: Actor, class_session: uuid.UUID) -> ClassSession:
    """Return a session that an actor may cancel, under its lock.

    Raises:
        DomainError: forbidden, not_found.
    """
    actor.require(Permission.SESSIONS_CANCEL)
    session_id = session_id_of(session, class_session)  # a reservation is not found
    lock_session(session, session_id)
    # `populate_existing`: what was read before the lock may be stale, and the state decides.
    row = session.get_one(ClassSession, session_id, populate_existing=True)
    require_to_cancel(session, actor, row)
    return row


def require_to_cancel(session: Session, actor: Actor, row: ClassSession) -> None:
    """Refuse an actor who may not cancel a session: without `timetable:write`, if they do not
    lead it.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SESSIONS_CANCEL)
    campus = campus_of(session, row.space_id)
    if not actor.may(Permission.TIMETABLE_WRITE, campus=campus) and row.instructor_id != actor.id:
        raise DomainError(FORBIDDEN)


def correct_session(
    session: Session,
    actor: Actor,
    class_session: uuid.UUID,
    *,
    held: bool,
    reason: str,
    now: datetime,
) -> ClassSession:
    """Record that a session of the past was held after all, or was not; the same again is nothing.

    The correction is a new event, so figures as of an earlier time stay. Of a session that was not
    held the bookings end, with the marks for not using them, and those who booked get a mail; a
    session that was held after all does not get them back.

    Raises:
        DomainError: forbidden, not_found; session_not_ended; not_for_yourself: a no-show of the
            actor's own would end with it.
    """
    row = lock_to_cancel(session, actor, class_session)
    if row.ends_at > now:
        raise DomainError(SESSION_NOT_ENDED)
    kind = "held" if held else "cancelled"
    if row.state == kind:
        return row
    own = None if held else live_booking(session, row.id, actor.id)
    marked = not held and marks_queries.is_marked(session, row.id, actor.id)
    if marked or (own is not None and own.state != "attended"):
        actor.require_other(actor.id)
    before = row.state
    row.state = kind
    session.flush()
    record_allocations(
        session,
        [row.id],
        kind,
        occurred_at=row.ends_at,
        now=now,
        reason=reason,
        actor_id=actor.id,
    )
    if not held:
        row.booked = 0
        release(session, row.id)
        attendance_marks.lift_of_session(session, row.id, actor.id, now)
        member_ids = _end_bookings(session, row, reason, now)
        post_correction(session, row, member_ids, reason, now)
        waitlist.close(session, row.id, now, SESSION_CANCELLED)
    record_session_action(session, "session.correct", row, actor.id, now, before, kind, reason)
    return row


def cancel_with_bookings(
    session: Session,
    allocation: Allocation,
    *,
    actor_id: int,
    reason: str,
    now: datetime,
    post: PostCancelled = post_cancellation,
) -> None:
    """Cancel a session or a reservation with its bookings; `post` tells those who had booked.

    Raises:
        DomainError: session_cancelled: it already is.
    """
    before = allocation.state
    # First: its UPDATE locks the session, and bookings come later in the order of `seats.service`.
    mark_cancelled(session, allocation, now=now, reason=reason, actor_id=actor_id)
    # Of those who cancelled late: nobody missed their place.
    attendance_marks.lift_of_session(session, allocation.id, actor_id, now)
    member_ids = _end_bookings(session, allocation, reason, now)
    member_ids += _end_first_rights(session, allocation, now)
    post(session, allocation, member_ids, reason, now)
    # Nobody is told of a new time that is called off before they read of it.
    for cancelled, waiting, key in messages_queries.waiting_moves(session, allocation.public_id):
        mail.withdraw(session, key)
        post(session, cancelled, [waiting], reason, now)
    record_session_action(
        session, "session.cancel", allocation, actor_id, now, before, "cancelled", reason
    )


def record_session_action(
    session: Session,
    action: str,
    allocation: Allocation,
    actor_id: int,
    now: datetime,
    before: AuditValues,
    after: AuditValues,
    reason: str,
) -> None:
    """Write what was done to a session into the audit."""
    record_action(
        session,
        actor_id=actor_id,
        action=action,
        object_kind="session",
        object_id=allocation.public_id,
        before=before,
        after=after,
        reason=reason,
        now=now,
    )


def _end_first_rights(session: Session, allocation: Allocation, now: datetime) -> list[int]:
    """End the offers to those who had booked before a move; return them: they are told as such."""
    ended = list[int]()
    for entry, booking in open_first_rights(session, allocation.id):
        withdraw_move(session, allocation, booking)
        code = SESSION_CANCELLED.code
        if promotions.end(session, entry.id, "removed", now, reason=code) and entry.member_id:
            ended.append(entry.member_id)
    return ended


def _end_bookings(
    session: Session, allocation: Allocation, reason: str, now: datetime
) -> list[int]:
    # Attended and missed bookings too: a session may turn out later not to have been held.
    cancelled = session.execute(
        update(Booking)
        .where(Booking.session_id == allocation.id, Booking.state != "cancelled")
        .values(state="cancelled")
        .returning(Booking.id, Booking.member_id)
    ).all()
    record_bookings(
        session, [id_ for id_, _ in cancelled], "cancelled", occurred_at=now, now=now, reason=reason
    )
    # A session of long ago may be cancelled too; its people are no longer known.
    member_ids = [member_id for _, member_id in cancelled if member_id is not None]
    mark_roster(session, member_ids, now)
    return member_ids


def set_capacity(
    session: Session,
    actor: Actor,
    class_session: uuid.UUID,
    capacity: int,
    *,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> ClassSession:
    """Change how many places a session has; places that become free go to the waitlist.

    The share that can be booked stays as it was when the session was made. `version` is the
    one that the editor read; None: any.

    Raises:
        DomainError: forbidden; not_found; edited_meanwhile; session_cancelled; session_held: it has
            ended; class_invalid: more than the space holds; capacity_below_booked with the fewest
            places possible (`least`).
    """
    session_id = session_id_of(session, class_session)
    lock_session(session, session_id)
    # `populate_existing`: what was read before the lock may be stale, and `booked` decides below.
    row = session.get_one(ClassSession, session_id, populate_existing=True)
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, row.space_id))
    if row.state == "cancelled":
        raise DomainError(SESSION_CANCELLED)
    refuse_past(row, now)
    if row.capacity == capacity:  # the second tap on the button
        return row
    if version is not None:
        refuse_stale(row.version, version, ["capacity"])
    before = row.capacity
    _change_capacity(session, row, capacity)
    record_session_action(
        session,
        "session.capacity",
        row,
        actor.id,
        now,
        {"capacity": before},
        {"capacity": capacity},
        reason,
    )
    # In the same transaction, under the session's lock: no booking overtakes the waitlist.
    promotions.give_places(session, session_id, now)
    session.refresh(row)  # promotions changed `booked` by an UPDATE that the session did not see
    return row


def _change_capacity(session: Session, class_session: ClassSession, capacity: int) -> None:
    if (
        class_session.space_id is not None
        and capacity > space_by_id(session, class_session.space_id).capacity
    ):
        raise DomainError(CLASS_INVALID)
    # Not the present ratio: rounding down again and again would lose places.
    percent = class_session.bookable_percent
    bookable = rules.bookable_places(capacity, class_session.kind, percent)
    if bookable < class_session.booked:
        params = {
            "booked": class_session.booked,
            "least": rules.fewest_places(class_session.booked, percent),
        }
        raise DomainError(CAPACITY_BELOW_BOOKED, params=params)
    class_session.capacity, class_session.bookable = capacity, bookable
    class_session.version += 1
    session.flush()


def mark_held(session: Session, now: datetime) -> int:
    """Record that ended sessions were held, and delete past holds; return the number of sessions.

    The event's time is the end of the session, whenever it is recorded.
    """
    # One UPDATE with RETURNING: of two schedulers, one records each session.
    ended = session.execute(
        update(Allocation)
        # `<=`: windows are half-open, so a session is over at its end.
        .where(Allocation.state == "scheduled", Allocation.ends_at <= now)
        .values(state="held")
        .returning(Allocation.id, Allocation.ends_at)
    ).all()
    for id_, ended_at in ended:
        record_allocations(session, [id_], "held", occurred_at=ended_at, now=now)
    delete_holds_before(session, now - HOLDS_KEPT)
    return len(ended)
