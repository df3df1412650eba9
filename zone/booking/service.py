"""Booking a place, booking a space for own use, cancelling, and what became of a booking.

Locks are always taken in the same order (member, session, bookings), so that writers wait in line and never in a ring.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking import facts, rules
from zone.booking.errors import BAD_TIME, CANCEL_TOO_LATE, CLOSED, FULL, NOT_BOOKABLE, SESSION_CANCELLED
from zone.booking.letters import tell_booked
from zone.booking.models import Booking, ClassSession
from zone.booking.planning import (
    Offer,
    Weekly,
    cancel_session,
    create_class,
    create_session,
    expand,
    is_open_for,
    mark_held,
    record_bookings,
    take_off,
)
from zone.booking.rules import Policy, Wish
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.ids import new_public_id
from zone.members.models import Member
from zone.members.service import mark_roster
from zone.places.queries import SpaceView, space_by_public_id

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
    booking = _write_booking(session, target.id, member_id, now)
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


def _write_booking(session: Session, session_id: int, member_id: int, now: datetime) -> Booking:
    booking = Booking(public_id=new_public_id(), session_id=session_id, member_id=member_id, created_at=now)
    session.add(booking)
    session.flush()
    record_bookings(session, [booking.id], "booked", occurred_at=now, now=now)
    mark_roster(session, [member_id], now)
    return booking


def book_space(
    session: Session, *, member_id: int, space: uuid.UUID, start: datetime, minutes: int, now: datetime
) -> Booking:
    """Book a whole space for one's own use. Its parts are held; the database refuses any overlap.

    Raises:
        DomainError: not_found, not_bookable, or every reason against it.
        IntegrityError: `uq_hold_part_slice` (space_taken at the edge): somebody holds a part of it then.
    """
    lock_member(session, member_id)
    found = space_by_public_id(session, space)
    if not found.own_use:
        raise DomainError(NOT_BOOKABLE)
    end = start + timedelta(minutes=minutes)
    policy, standing = facts.policy(session.connection()), facts.standing(session.connection(), member_id, now)
    wish = Wish(None, start, end, found.campus_code, rules.right_for("own_use"))
    reasons = [*_against_time(session, found, wish, policy), *rules.check(wish, standing, policy, now)]
    if reasons:
        raise DomainError(*reasons, params=rules.words(policy, standing.missed))
    held = create_session(session, _own_use(found), start, end, now=now)
    claim_place(session, held.id)
    booking = _write_booking(session, held.id, member_id, now)
    tell_booked(session, held, member_id, policy, now)
    return booking


def _against_time(session: Session, space: SpaceView, wish: Wish, policy: Policy) -> list[ErrorCode]:
    if not rules.fits_grid(wish.starts_at, wish.ends_at, policy):
        return [BAD_TIME]
    return [] if is_open_for(session, space.id, wish.starts_at, wish.ends_at) else [CLOSED]


def _own_use(space: SpaceView) -> Offer:
    return Offer(
        kind="own_use", name_fi=space.name_fi, name_sv=space.name_sv, name_en=space.name_en, category="own_use",
        space_id=space.id, capacity=1,
    )  # fmt: skip


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
