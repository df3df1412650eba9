"""Take or decline a place that is kept for a waiting person. Never commits.

The person answers signed in, or by the secret in the link of the mail: either finds the entry, and
an unknown one is not found.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings.models import Booking
from zone.booking.messages.service import post_confirmation
from zone.booking.offers.errors import OFFER_ENDED
from zone.booking.offers.rules import may_answer, reasons_against_accepting
from zone.booking.promotions.service import end, end_entry
from zone.booking.seats.service import lock_member, lock_session, write_booking
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry
from zone.core.errors import NOT_FOUND, DomainError


def accept(
    session: Session,
    entry: uuid.UUID,
    now: datetime,
    *,
    key: str = "",
    member_id: int | None = None,
) -> Booking:
    """Book the place that is kept; once more returns the same booking.

    Raises:
        DomainError: not_found; offer_ended; or every reason against the booking: then the place
            stays kept until the offer ends.
    """
    row = _entry_to_answer(session, entry, key, member_id)
    if row.booking_id is not None:  # the second tap on the button
        return session.get_one(Booking, row.booking_id)
    owner = row.member_id
    if not _is_open(row, now) or owner is None:
        raise DomainError(OFFER_ENDED)
    lock_member(session, owner)
    class_session = session.get_one(ClassSession, row.session_id)
    check = bookings_context.check_booking(
        session.connection(),
        member_id=owner,
        class_session=class_session.public_id,
        now=now,
        seat_reserved=True,
        sees_hidden=True,  # who waits in a hidden session was let into it
    )
    if reasons := reasons_against_accepting(check.reasons):
        raise check.refusal(*reasons)
    policy = check.target.policy
    until = policy.cancel_until(class_session.starts_at, now)
    booking = write_booking(session, class_session.id, owner, now, cancel_until=until)
    end(session, row.id, "booked", now, booking_id=booking.id)
    post_confirmation(session, class_session, booking, policy, now)
    return booking


def decline(
    session: Session,
    entry: uuid.UUID,
    now: datetime,
    *,
    key: str = "",
    member_id: int | None = None,
) -> None:
    """Give the place that is kept to the next person; once more changes nothing.

    Raises:
        DomainError: not_found; offer_ended.
    """
    row = _entry_to_answer(session, entry, key, member_id)
    if row.state == "declined":
        return
    if not _is_open(row, now):
        raise DomainError(OFFER_ENDED)
    end_entry(session, row, "declined", now)


def _entry_to_answer(
    session: Session, entry: uuid.UUID, key: str, member_id: int | None
) -> QueueEntry:
    """Return an entry for its person, under the lock of its session."""
    found = session.scalar(select(QueueEntry).where(QueueEntry.public_id == entry))
    if found is None or not may_answer(found, key, member_id):
        raise DomainError(NOT_FOUND)
    lock_session(session, found.session_id)
    session.refresh(found)
    return found


def _is_open(entry: QueueEntry, now: datetime) -> bool:
    return entry.offered_until is not None and now <= entry.offered_until
