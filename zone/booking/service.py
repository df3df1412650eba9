"""Booking a place, cancelling, and what became of a booking.

Spaces for own use are booked in `courts`, the queue is in `waitlist`, the order of locks in `claims`.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.booking import facts, planning, rules, waitlist
from zone.booking.claims import claim_place, free_place, lock_member, lock_session, session_id_of, write_booking
from zone.booking.errors import CANCEL_TOO_LATE, CAPACITY_TAKEN, FULL, OFFER_INVALID, SESSION_CANCELLED
from zone.booking.letters import tell_booked
from zone.booking.models import Booking, ClassSession, SessionRule
from zone.booking.planning import (
    Offer,
    Weekly,
    create_class,
    create_session,
    expand,
    mark_held,
    record_bookings,
    take_off,
)
from zone.core.errors import NOT_FOUND, DomainError
from zone.members.service import audit, mark_roster
from zone.places.queries import space_by_id

__all__ = ["Offer", "Weekly", "create_class", "create_session", "expand", "mark_held"]


def book(session: Session, *, member_id: int, class_session: uuid.UUID, now: datetime) -> Booking:
    """Book a place in a session.

    1. Claim a place by the counter, which locks the session.
    2. Lock the member's row: the limits per person hold however many clicks come at once.
    3. Load what the rules need, and refuse with all reasons: the claim goes with the transaction.
    4. Write the booking.

    Raises:
        DomainError: not_found, or every reason of `rules.check` against it. The transaction must not be committed.
    """
    session_id = session_id_of(session, class_session)
    claimed = claim_place(session, session_id)
    lock_member(session, member_id)
    verdict = facts.verdict(
        session.connection(), member_id=member_id, class_session=class_session, now=now, claimed=claimed
    )
    if verdict.reasons or not claimed:
        raise verdict.refusal(*(verdict.reasons or [FULL]))
    booking = write_booking(session, session_id, member_id, now)
    waitlist.left_by_booking(session, session_id, member_id, now)
    tell_booked(session, session.get_one(ClassSession, session_id), member_id, verdict.target.policy, now)
    return booking


def cancel(session: Session, *, member_id: int, booking: uuid.UUID, now: datetime) -> Booking:
    """Give a place back, until the policy's limit; it goes to the first in the queue.

    A booking that is cancelled already stays so (two clicks at once). Later than the limit it is refused: the place
    could no longer be passed on, and a booking that is not used counts as one.

    Raises:
        DomainError: not_found (also for another person's), cancel_too_late, session_cancelled.
    """
    session_id = _session_of_own(session, member_id, booking)
    lock_session(session, session_id)
    found = session.scalars(select(Booking).where(Booking.public_id == booking)).one()
    if found.state == "cancelled":
        return found
    booked, policy = session.get_one(ClassSession, session_id), facts.policy(session.connection())
    if found.state != "booked" or not rules.may_cancel(booked.starts_at, policy, now):
        raise DomainError(CANCEL_TOO_LATE, params=rules.words(policy))
    if booked.kind == "own_use":
        take_off(session, booked, now=now)
    elif not free_place(session, session_id):
        raise DomainError(SESSION_CANCELLED)
    found.state = "cancelled"
    session.flush()
    record_bookings(session, [found.id], "cancelled", occurred_at=now, now=now)
    mark_roster(session, [member_id], now)
    waitlist.promote(session, session_id, now)
    return found


def _session_of_own(session: Session, member_id: int, booking: uuid.UUID) -> int:
    own = select(Booking.session_id).where(Booking.public_id == booking, Booking.member_id == member_id)
    found = session.scalar(own)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def cancel_session(
    session: Session, class_session: uuid.UUID, *, actor_id: int, own_only: bool, reason: str, now: datetime
) -> ClassSession:
    """Cancel a session with its bookings and its queue, and let go of its space.

    `own_only`: only the session's own instructor may.

    Raises:
        DomainError: not_found, forbidden, or session_cancelled: it already is.
    """
    found = planning.cancel_session(
        session, class_session, actor_id=actor_id, own_only=own_only, reason=reason, now=now
    )  # fmt: skip
    waitlist.close(session, found.id, now, SESSION_CANCELLED)
    return found


def set_capacity(
    session: Session, class_session: uuid.UUID, capacity: int, *, actor_id: int, reason: str, now: datetime
) -> ClassSession:
    """Change how many places a session has; those that come free go to the queue.

    As many as before can be booked of a hundred: the share of its weekly rule, or the policy's.

    Raises:
        DomainError: not_found, session_cancelled (also when it was held), class_invalid: more than the space holds,
            capacity_below_booked with the fewest places possible.
    """
    session_id = session_id_of(session, class_session)
    lock_session(session, session_id)
    found = session.get_one(ClassSession, session_id, populate_existing=True)
    if found.state != "scheduled":
        raise DomainError(SESSION_CANCELLED)
    if found.space_id is not None and capacity > space_by_id(session, found.space_id).capacity:
        raise DomainError(OFFER_INVALID)
    percent, before = _bookable_percent(session, found), found.capacity
    if rules.bookable_places(capacity, found.kind, percent) < found.booked:
        params = {"booked": found.booked, "least": rules.fewest_places(found.booked, percent)}
        raise DomainError(CAPACITY_TAKEN, params=params)
    found.capacity, found.bookable = capacity, rules.bookable_places(capacity, found.kind, percent)
    session.flush()
    audit(
        session, actor_id=actor_id, action="session.capacity", object_kind="session", object_id=found.public_id,
        before={"capacity": before}, after={"capacity": capacity}, reason=reason, now=now,
    )  # fmt: skip
    waitlist.promote(session, session_id, now)
    session.refresh(found)
    return found


def _bookable_percent(session: Session, found: ClassSession) -> int:
    own = session.scalar(select(SessionRule.bookable_percent).where(SessionRule.id == found.rule_id))
    return own or facts.policy(session.connection()).bookable_percent


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
