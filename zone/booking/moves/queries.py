"""Read a booking by the link of a mail about a moved session."""

import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.bookings.models import Booking
from zone.booking.moves.models import FirstRight, GiveUpLink
from zone.booking.moves.rules import Placement
from zone.booking.sessions.queries import session_view_by_id
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import offer_digest
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import from_helsinki
from zone.places.spaces.queries import space_by_public_id


@dataclass(frozen=True, slots=True)
class MovedBooking:
    """A booking whose session was moved, as its person reads it."""

    booking: uuid.UUID
    state: str
    session: SessionView


def open_first_rights(session: Session, session_id: int) -> list[tuple[QueueEntry, Booking]]:
    """Return the first rights to a session that can be used, each with the booking before it."""
    query = (
        select(QueueEntry, Booking)
        .join(FirstRight, FirstRight.entry_id == QueueEntry.id)
        .join(Booking, Booking.id == FirstRight.booking_id)
        .where(QueueEntry.session_id == session_id, QueueEntry.state == "offered")
        .order_by(QueueEntry.rank)
        .execution_options(populate_existing=True)
    )
    return [(entry, booking) for entry, booking in session.execute(query)]


def linked_booking(session: Session, booking: uuid.UUID, key: str) -> Booking:
    """Return the booking of a link.

    Raises:
        DomainError: not_found: no such booking, another secret, or its person was removed.
    """
    found = session.execute(
        select(Booking, GiveUpLink.key)
        .join(GiveUpLink, GiveUpLink.booking_id == Booking.id)
        .where(Booking.public_id == booking, Booking.member_id.is_not(None))
    ).first()
    if found is None or not hmac.compare_digest(found[1], offer_digest(key)):
        raise DomainError(NOT_FOUND)
    row: Booking = found[0]
    return row


def moved_booking(session: Session, booking: uuid.UUID, key: str) -> MovedBooking:
    """Return what the page of a link shows.

    Raises:
        DomainError: not_found.
    """
    row = linked_booking(session, booking, key)
    view = session_view_by_id(session, row.session_id, member_id=row.member_id or 0)
    return MovedBooking(booking, row.state, view)


def placement_from(session: Session, data: Mapping[str, Any]) -> Placement:
    """Return where and when a session is to be held, from the data of `MoveRequest`.

    Raises:
        DomainError: not_found: there is no such space.
    """
    start = from_helsinki(data["day"], data["starts_at"])
    space_id = space_by_public_id(session, data["space"]).id if data["space"] else None
    return Placement(start, start + timedelta(minutes=data["minutes"]), space_id)
