"""Reserve a space for own use: a hall, a part of it, a court.

`bookings.service.cancel` cancels it.
"""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from zone.booking.allocations.service import allocate
from zone.booking.bookings.models import Booking
from zone.booking.messages.service import post_confirmation
from zone.booking.reservations import rules
from zone.booking.reservations.models import Reservation
from zone.booking.reservations.queries import check_reservation
from zone.booking.reservations.rules import Court, ReservationRequest
from zone.booking.seats.service import lock_member, reserve_seat, write_booking
from zone.core.identity import Actor
from zone.core.ids import new_public_id
from zone.core.time import helsinki_date
from zone.members.people.service import another_member, audit_member
from zone.places.spaces.service import lock_space


def book_space(
    session: Session, *, member_id: int, requested: ReservationRequest, now: datetime
) -> Booking:
    """Reserve a whole space.

    Raises:
        DomainError: not_found, not_bookable, or every reason against it.
        IntegrityError: `uq_hold_part_slice` (space_taken): another transaction has just taken a
            part of it.
    """
    # The space first, as `set_day` does; the member before the limits are counted.
    # FOR SHARE: reservations of the same space do not wait for each other;
    # `uq_hold_part_slice` decides between them.
    lock_space(session, requested.space)
    lock_member(session, member_id)
    # Without a lock on the times: when two reserve the same court, both may pass the rules, and
    # `uq_hold_part_slice` refuses one.
    check = check_reservation(
        session.connection(), member_id=member_id, requested=requested, now=now
    )
    if check.reasons:
        raise check.refusal()
    held = rules.held_around(requested.start, requested.minutes, check.court.rules)
    created = _own_use(check.court, requested)
    allocate(session, created, now=now, held=held)
    reserve_seat(session, created.public_id)  # its only seat
    booking = write_booking(
        session,
        created.id,
        member_id,
        now,
        cancel_until=check.courts.policy.cancel_until(requested.start, now),
        companions=requested.companions,
    )
    post_confirmation(session, created, booking, check.courts.policy, now)
    return booking


def book_space_for(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    requested: ReservationRequest,
    *,
    now: datetime,
) -> Booking:
    """Reserve a space for another person as staff, by the rules that hold for them.

    Raises:
        DomainError: forbidden, not_for_yourself; and those of `book_space`.
    """
    member = another_member(session, actor, person)
    booking = book_space(session, member_id=member.id, requested=requested, now=now)
    after = {"booking": booking.public_id, "space": requested.space, "start": requested.start}
    audit_member(session, "booking.book", member, actor.id, now, after=after)
    return booking


def _own_use(court: Court, requested: ReservationRequest) -> Reservation:
    return Reservation(
        public_id=new_public_id(),
        kind="own_use",
        name_fi=court.name["fi"],
        name_sv=court.name["sv"],
        name_en=court.name["en"],
        space_id=court.id,
        on_day=helsinki_date(requested.start),
        starts_at=requested.start,
        ends_at=requested.end,
        capacity=1,
        bookable=1,
    )
