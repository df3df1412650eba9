"""Booking a place, cancelling, and what became of a booking. Spaces for own use are booked in `courts`.

Locks are always taken in the same order (member, session, bookings), so that writers wait in line and never in a ring.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking import facts, rules
from zone.booking.errors import CANCEL_TOO_LATE, FULL, SESSION_CANCELLED
from zone.booking.letters import tell_booked
from zone.booking.models import Booking, ClassSession
from zone.booking.planning import (
    Offer,
    Weekly,
    cancel_session,
    create_class,
    create_session,
    expand,
    mark_held,
    record_bookings,
    take_off,
)
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.ids import new_public_id
from zone.members.models import Member
from zone.members.service import mark_roster

__all__ = ["Offer", "Weekly", "cancel_session", "create_class", "create_session", "expand", "mark_held"]


def book(session: Session, *, member_id: int, class_session: uuid.UUID, now: datetime) -> Booking:
    """Book a place in a session.

    1. Lock the member's row: the limits per person hold however many clicks come at once.
    2. Load what the rules need, and refuse with all reasons.
    3. Claim a place by the counter, then write the booking.

    Raises:
        DomainError: not_found, or every reason of `rules.check` against it.
    """
    lock_member(session, member_id)
    verdict = facts.verdict(session.connection(), member_id=member_id, class_session=class_session, now=now)
    if verdict.reasons:
        raise verdict.refusal()
    target = verdict.target
    claim_place(session, target.id)
    booking = write_booking(session, target.id, member_id, now)
    tell_booked(session, session.get_one(ClassSession, target.id), member_id, target.policy, now)
    return booking


def lock_member(session: Session, member_id: int) -> None:
    """Let one booking of a person at a time through. SQLite's writers are one at a time anyway.

    Raises:
        DomainError: not_found.
    """
    query = select(Member.id).where(Member.id == member_id).with_for_update(key_share=True)
    if session.scalar(query) is None:
        raise DomainError(NOT_FOUND)


def claim_place(session: Session, session_id: int) -> None:
    """Take one of the places that can be booked.

    Raises:
        DomainError: session_full: none was left, or the session was cancelled in between.
    """
    claimed = session.execute(
        update(ClassSession)
        .where(
            ClassSession.id == session_id,
            ClassSession.state == "scheduled",
            ClassSession.booked < ClassSession.bookable,
        )
        .values(booked=ClassSession.booked + 1)
        .returning(ClassSession.id)
        .execution_options(synchronize_session=False)
    )
    if claimed.first() is None:
        raise DomainError(FULL)


def write_booking(session: Session, session_id: int, member_id: int, now: datetime) -> Booking:
    """Write down a booking of a place that was claimed: its fact and the roster's mark with it."""
    booking = Booking(public_id=new_public_id(), session_id=session_id, member_id=member_id, created_at=now)
    session.add(booking)
    session.flush()
    record_bookings(session, [booking.id], "booked", occurred_at=now, now=now)
    mark_roster(session, [member_id], now)
    return booking


def cancel(session: Session, *, member_id: int, booking: uuid.UUID, now: datetime) -> Booking:
    """Give a place back, until the policy's limit; a booking that is cancelled already stays so (two clicks at once).

    Later it is refused: the place could no longer be passed on, and a booking that is not used counts as one.

    Raises:
        DomainError: not_found (also for another person's), cancel_too_late, session_cancelled.
    """
    lock_member(session, member_id)
    found, booked = _own_booking(session, member_id, booking)
    if found.state == "cancelled":
        return found
    policy = facts.policy(session.connection())
    if found.state != "booked" or not rules.may_cancel(booked.starts_at, policy, now):
        raise DomainError(CANCEL_TOO_LATE, params=rules.words(policy))
    if booked.kind == "own_use":
        take_off(session, booked, now=now)
    else:
        _free_place(session, booked.id)
    found.state = "cancelled"
    session.flush()
    record_bookings(session, [found.id], "cancelled", occurred_at=now, now=now)
    mark_roster(session, [member_id], now)
    return found


def _own_booking(session: Session, member_id: int, booking: uuid.UUID) -> tuple[Booking, ClassSession]:
    row = session.execute(
        select(Booking, ClassSession)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .where(Booking.public_id == booking, Booking.member_id == member_id)
    ).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    found, booked = row
    return found, booked


def _free_place(session: Session, session_id: int) -> None:
    freed = session.execute(
        update(ClassSession)
        .where(ClassSession.id == session_id, ClassSession.state == "scheduled")
        .values(booked=ClassSession.booked - 1)
        .returning(ClassSession.id)
        .execution_options(synchronize_session=False)
    )
    if freed.first() is None:
        raise DomainError(SESSION_CANCELLED)


def mark_no_shows(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these booked people did not come. Those settled already are left alone; returns how many changed."""
    return _settle(session, booking_ids, "no_show", ("booked",), now)


def mark_attended(session: Session, booking_ids: Sequence[int], now: datetime) -> int:
    """Record that these booked people came. A no-show is corrected so when a door's entries arrive late."""
    return _settle(session, booking_ids, "attended", ("booked", "no_show"), now)


def _settle(session: Session, booking_ids: Sequence[int], kind: str, states: Sequence[str], now: datetime) -> int:
    settled = session.execute(
        update(Booking)
        .where(Booking.id.in_(booking_ids), Booking.state.in_(states))
        .values(state=kind)
        .returning(Booking.id, Booking.session_id)
        .execution_options(synchronize_session=False)
    ).all()
    ends = _ends(session, [session_id for _, session_id in settled])
    for booking_id, session_id in settled:
        record_bookings(session, [booking_id], kind, occurred_at=ends[session_id], now=now)
    return len(settled)


def _ends(session: Session, session_ids: Sequence[int]) -> dict[int, datetime]:
    query = select(ClassSession.id, ClassSession.ends_at).where(ClassSession.id.in_(session_ids))
    return {row.id: row.ends_at for row in session.execute(query)}
