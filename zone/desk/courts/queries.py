"""Read who holds a court at a time, which members never see."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from zone.booking.activities.rules import KINDS, RESERVATION_KINDS
from zone.booking.allocations.models import Allocation, Hold
from zone.booking.allocations.rules import slices
from zone.booking.bookings.models import Booking
from zone.booking.policies import queries as policies_queries
from zone.booking.reservations.context import courts_around
from zone.booking.reservations.rules import Court
from zone.booking.sessions.views import Names
from zone.booking.weekly_classes.queries import translated
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import Window, helsinki_date
from zone.members.people.models import Member
from zone.places.spaces.queries import space_by_id


@dataclass(frozen=True, slots=True)
class CourtHolder:
    """What holds a court: a reservation of a person, or else a class or what it is kept free for.

    `person` is None for a class, and for a reservation of somebody who is not known any more.
    """

    starts_at: datetime
    ends_at: datetime
    class_session: uuid.UUID
    class_name: Names | None
    is_class: bool
    person: uuid.UUID | None
    person_name: str
    companions: int


@dataclass(frozen=True, slots=True)
class HeldCourt:
    """A court, a time, and what holds the court then, by start."""

    court: Court
    starts_at: datetime
    ends_at: datetime
    holders: Sequence[CourtHolder]


def held_court(session: Session, space: uuid.UUID, window: Window, now: datetime) -> HeldCourt:
    """Return who holds a court during a time.

    Raises:
        DomainError: not_found: there is no such court.
    """
    start, end = window
    policy = policies_queries.current(session, now)
    days = [helsinki_date(start)]
    court = courts_around(session.connection(), days, policy, space).court(space)
    if court is None:
        raise DomainError(NOT_FOUND)
    # The grid says "taken" of a start before which the court cannot be prepared, too.
    within = slices(start - timedelta(minutes=court.rules.before), end)
    rows = session.execute(
        select(Allocation, Booking, Member)
        .outerjoin(
            Booking,
            and_(
                Booking.session_id == Allocation.id,
                Booking.state != "cancelled",
                Allocation.kind.in_(RESERVATION_KINDS),
            ),
        )
        .outerjoin(Member, Member.id == Booking.member_id)
        .where(
            Allocation.id.in_(
                select(Hold.allocation_id).where(
                    Hold.part_id.in_(space_by_id(session, court.id).parts),
                    Hold.slice >= within.start,
                    Hold.slice < within.stop,
                )
            )
        )
        .order_by(Allocation.starts_at, Allocation.id)
    )
    return HeldCourt(court, start, end, [_holder(*row) for row in rows])


def _holder(row: Allocation, booking: Booking | None, member: Member | None) -> CourtHolder:
    return CourtHolder(
        row.starts_at,
        row.ends_at,
        row.public_id,
        None if KINDS[row.kind].is_personal else translated(row),
        KINDS[row.kind].is_session,
        member.public_id if member else None,
        (member.name or member.email) if member else "",
        booking.companions if booking else 0,
    )
