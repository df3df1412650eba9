"""Book a place and cancel a booking, for oneself or as staff for somebody.

The order of locks is in `seats.service`.
"""

import uuid
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.allocations.service import mark_cancelled
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.attendance_marks.queries import demand_for
from zone.booking.attendance_marks.rules import LATE_CANCELLATION, Evidence
from zone.booking.attendance_marks.service import make_mark
from zone.booking.bookings import context, queries, rules
from zone.booking.bookings.errors import CANCEL_AFTER_START, CANCEL_TOO_LATE, SESSION_FULL
from zone.booking.bookings.models import Booking
from zone.booking.mark_messages.service import post_given_up_late
from zone.booking.messages.service import (
    post_booking_cancelled,
    post_confirmation,
    post_given_up,
    post_right_ended,
)
from zone.booking.offers.service import accept as accept_offer
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.promotions import service as promotions
from zone.booking.reservations.models import Reservation
from zone.booking.seats.service import (
    lock_member,
    lock_session,
    record_bookings,
    release_seat,
    reserve_seat,
    write_booking,
)
from zone.booking.sessions.errors import SESSION_CANCELLED, SESSION_ENDED, SESSION_HELD
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.context import own_place
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor
from zone.core.ids import new_public_id
from zone.members.people.service import another_member, audit_member
from zone.members.roster_marks.service import mark_roster


def book(
    session: Session,
    *,
    member_id: int,
    class_session: uuid.UUID,
    now: datetime,
    sees_hidden: bool = False,
) -> Booking:
    """Book a place in a session; `sees_hidden`: in a hidden one too.

    Where all are taken, that is the place that is kept for the person by an offer.

    Raises:
        DomainError: not_found, or every reason against it. The transaction must be rolled back, and
            the seat with it.
    """
    # The counter comes first, not the rules: check, then insert, oversold 11 to 15 of 50 places on
    # PostgreSQL.
    seat_reserved = reserve_seat(session, class_session)
    if not seat_reserved and (
        offer := own_place(session.connection(), member_id, class_session).open_offer(now)
    ):
        # All others are taken, and this one is kept for the person.
        return accept_offer(session, offer, now, member_id=member_id)
    # After the session, the order of `seats.service`. It makes the limit of 4 open bookings hold
    # for simultaneous requests too.
    lock_member(session, member_id)
    check = context.check_booking(
        session.connection(),
        member_id=member_id,
        class_session=class_session,
        now=now,
        seat_reserved=seat_reserved,
        sees_hidden=sees_hidden,
    )
    return book_checked(session, check, now, seat_reserved=seat_reserved)


def book_checked(
    session: Session, check: context.BookingCheck, now: datetime, *, seat_reserved: bool
) -> Booking:
    """Write a booking that was checked, after the seat was reserved; confirm it by a mail.

    The caller holds the lock of the member.

    Raises:
        DomainError: every reason against it.
    """
    # The rules counted the reserved seat as free; without one the session is full.
    refused = bool(check.reasons) or not seat_reserved
    if refused and (offer := check.place.open_offer(now)):
        # A place is kept for this person, also where another is free that they cannot have: such
        # as before booking opens, of a session that was moved.
        if seat_reserved:
            release_seat(session, check.target.id)
        return accept_offer(session, offer, now, member_id=check.member_id)
    if refused:
        raise check.refusal(*(check.reasons or [SESSION_FULL]))
    target, member_id = check.target, check.member_id
    until = target.policy.cancel_until(target.requested.starts_at, now)
    booking = write_booking(session, target.id, member_id, now, cancel_until=until)
    # Last, because entries are locked after members. Otherwise the person would wait on until the
    # next free place, which removes them with a mail (ALREADY_BOOKED).
    waitlist.end_waiting(session, target.id, member_id, now)
    allocation = session.get_one(Allocation, target.id)
    post_confirmation(session, allocation, booking, target.policy, now)
    return booking


def cancel(
    session: Session, *, member_id: int, booking: uuid.UUID, now: datetime, late: bool = False
) -> Booking:
    """Cancel a booking, with a mail; the place goes to the first on the waitlist.

    `late`: also after its limit, until the start; where the place was scarce that is a mark.

    Raises:
        DomainError: not_found (also for another person's), session_ended, cancel_too_late,
            cancel_after_start, session_cancelled.
    """
    session_id = session_of_own(session, member_id, booking)
    lock_session(session, session_id)
    # Read after the lock: two cancellations at the same time free one place.
    own_booking = session.scalars(select(Booking).where(Booking.public_id == booking)).one()
    if own_booking.state == "cancelled":  # the second tap on the button
        return own_booking
    allocation = session.get_one(Allocation, session_id)
    policy = policies_queries.policy_of(session, allocation, now)
    if own_booking.state != "booked" or allocation.ends_at <= now:
        raise DomainError(SESSION_ENDED)
    starts_at, promised = allocation.starts_at, own_booking.cancel_until
    if rules.may_cancel(starts_at, policy, now, own_booking.created_at, promised):
        give_up(session, own_booking, allocation, now)
        post_given_up(session, allocation, own_booking, now)
        return own_booking
    if now >= starts_at:
        raise DomainError(CANCEL_AFTER_START)
    # Nobody can be promoted in time any more, so who cancels must have been told what it costs.
    if not late:
        raise too_late(own_booking, allocation, policy)
    _cancel_late(session, own_booking, allocation, policy, now)
    return own_booking


def too_late(booking: Booking, allocation: Allocation, policy: Policy) -> DomainError:
    """Return the refusal to cancel after the limit, with the limit that the person was told."""
    minutes = rules.minutes_promised(allocation.starts_at, policy, booking.cancel_until)
    params = rules.message_params(policy) | {"cancel_minutes": minutes}
    return DomainError(CANCEL_TOO_LATE, params=params)


def _cancel_late(
    session: Session, booking: Booking, allocation: Allocation, policy: Policy, now: datetime
) -> None:
    if booking.member_id is not None:
        lock_member(session, booking.member_id)
    # Before the place is given up: the counter still has it, and is read under the lock.
    session.refresh(allocation)
    demand = demand_for(session, allocation, booking.member_id, now)
    limit = policy.cancel_until(allocation.starts_at, booking.created_at, booking.cancel_until)
    give_up(session, booking, allocation, now)
    mark = make_mark(
        session,
        booking,
        allocation,
        LATE_CANCELLATION,
        Evidence(demand, limit=limit),
        occurred_at=now,
        now=now,
    )
    if mark is None:
        post_given_up_late(session, allocation, booking, now)


def cancel_unheld(session: Session, booking_id: int, now: datetime) -> bool:
    """Cancel a booking that its person may not hold any more, with a mail; return whether it was.

    The place goes to the first on the waitlist. What may be held, has begun or is cancelled stays.
    """
    booking = session.get_one(Booking, booking_id)
    if booking.member_id is None:  # over so long that the person was removed
        return False
    lock_session(session, booking.session_id)
    promotions.lock_with_waiting(session, booking.session_id, booking.member_id)
    # Read again under the locks: the person may have cancelled it, or bought another pass.
    session.refresh(booking)
    allocation = session.get_one(Allocation, booking.session_id, populate_existing=True)
    if booking.state != "booked" or allocation.state != "scheduled":
        return False
    reasons = queries.reasons_against_holding(session, booking.member_id, allocation, now)
    if not reasons or allocation.starts_at <= now:
        return False
    give_up(session, booking, allocation, now, reason=reasons[0].code)
    post_right_ended(session, allocation, booking.member_id, reasons[0], now)
    return True


def give_up(
    session: Session,
    booking: Booking,
    allocation: Allocation,
    now: datetime,
    *,
    reason: str | None = None,
    actor_id: int | None = None,
) -> None:
    """End a live booking; its place goes on. The caller holds the lock of the session.

    Raises:
        DomainError: session_cancelled.
    """
    # A reservation has a single booking: the session ends with it, and its space is released.
    if isinstance(allocation, Reservation):
        mark_cancelled(session, allocation, now=now, reason=reason, actor_id=actor_id)
    elif not release_seat(session, allocation.id):
        raise DomainError(SESSION_CANCELLED)
    booking.state = "cancelled"
    session.flush()
    record_bookings(session, [booking.id], "cancelled", occurred_at=now, now=now, reason=reason)
    if booking.member_id is not None:
        mark_roster(session, [booking.member_id], now)
    promotions.give_places(session, allocation.id, now)


def cancel_for(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    booking: uuid.UUID,
    *,
    reason: str,
    now: datetime,
) -> Booking:
    """Cancel another person's booking as staff, until its end; they get a mail with the reason.

    Once more changes nothing.

    Raises:
        DomainError: forbidden, not_for_yourself; not_found; session_held: it has ended.
    """
    member = another_member(session, actor, person)
    session_id = session_of_own(session, member.id, booking)
    lock_session(session, session_id)
    row = session.scalars(select(Booking).where(Booking.public_id == booking)).one()
    if row.state == "cancelled":
        return row
    allocation = session.get_one(Allocation, session_id, populate_existing=True)
    if row.state != "booked" or allocation.ends_at <= now:
        raise DomainError(SESSION_HELD)
    give_up(session, row, allocation, now, reason=reason, actor_id=actor.id)
    post_booking_cancelled(session, allocation, row, reason, now)
    after = {"booking": booking, "state": "cancelled"}
    audit_member(session, "booking.cancel", member, actor.id, now, after=after, reason=reason)
    return row


def book_for(
    session: Session, actor: Actor, person: uuid.UUID, class_session: uuid.UUID, *, now: datetime
) -> Booking:
    """Book a place for another person as staff, by the rules that hold for them; they get the mail.

    Raises:
        DomainError: forbidden, not_for_yourself; and those of `book`.
    """
    member = another_member(session, actor, person)
    booking = book(
        session, member_id=member.id, class_session=class_session, now=now, sees_hidden=True
    )
    after = {"booking": booking.public_id, "session": class_session}
    audit_member(session, "booking.book", member, actor.id, now, after=after)
    return booking


def session_of_own(session: Session, member_id: int, booking: uuid.UUID) -> int:
    """Return the row of the session of a person's own booking.

    Raises:
        DomainError: not_found.
    """
    own = select(Booking.session_id).where(
        Booking.public_id == booking, Booking.member_id == member_id
    )
    session_id = session.scalar(own)
    if session_id is None:
        raise DomainError(NOT_FOUND)
    return session_id


def remove_members(session: Session, *, before: datetime, limit: int) -> int:
    """Remove the person from bookings of sessions that ended before a time; return how many.

    Those with a mark stay for as long as the mark names its person.
    """
    marked = exists().where(
        AttendanceMark.booking_id == Booking.id, AttendanceMark.member_id.is_not(None)
    )
    old = (
        select(Booking)
        .join(Allocation, Allocation.id == Booking.session_id)
        .where(
            Booking.member_id.is_not(None),
            Allocation.ends_at < before,
            ~marked,
        )
        .limit(limit)
    )
    removed = session.scalars(old).all()
    for row in removed:
        # The row's digests of before are kept; see `core.row_records`.
        row.member_id, row.public_id = None, new_public_id()
    session.flush()
    return len(removed)
