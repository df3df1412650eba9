"""Check a reservation of a space, and find what else a person could reserve."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, bindparam, select

from zone.booking.allocations.models import Allocation
from zone.booking.bookings import context as bookings_context
from zone.booking.bookings.models import Booking
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.reservations import context, rules
from zone.booking.reservations.context import Courts
from zone.booking.reservations.errors import NOT_BOOKABLE
from zone.booking.reservations.grid import OwnReservation
from zone.booking.reservations.models import Reservation
from zone.booking.reservations.rules import (
    Court,
    CourtBooker,
    FreeStart,
    ReservationRequest,
    bookable_days,
)
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.time import Window, helsinki_date
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

LOOKED_AT: Final = 35
"""Days that are looked at for a free time: the longest break."""

_b, _s = Booking.__table__.c, Allocation.__table__.c
_space, _campus = Space.__table__, Campus.__table__
_OWN = PreparedSelect(
    select(
        _b.public_id.label("booking"),
        Reservation.__table__.c.id.is_not(None).label("is_reservation"),
        _b.companions,
        _s.starts_at,
        _s.ends_at,
        _space.c.public_id.label("space"),
        _campus.c.code.label("campus"),
    )
    .select_from(
        Booking.__table__.join(Allocation.__table__, _s.id == _b.session_id)
        .outerjoin(Reservation.__table__, Reservation.__table__.c.id == _s.id)
        .outerjoin(_space, _space.c.id == _s.space_id)
        .outerjoin(_campus, _campus.c.id == _space.c.campus_id)
    )
    .where(
        and_(_b.member_id == bindparam("member_id"), _b.state != "cancelled"),
        _s.ends_at > bindparam("since"),
    )
    .order_by(_s.starts_at)
)
# The weekly limit counts the week of the new reservation: this one, or a later one. 8 days back
# reach its Monday, also in the week that has 25 hours on its Sunday.
WEEK: Final = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class ReservationCheck:
    """The reasons against a reservation (none: it is allowed), and what they were found from."""

    requested: ReservationRequest
    court: Court
    courts: Courts
    person: CourtBooker
    reasons: Sequence[ErrorCode]

    def refusal(self, **extra: object) -> DomainError:
        """Return the reasons as an error, with the numbers that its sentences name."""
        params = rules.message_params(self.court, self.person, self.courts.policy, self.requested)
        return DomainError(*self.reasons, params=params, **extra)


def check_reservation(
    connection: Connection, *, member_id: int, requested: ReservationRequest, now: datetime
) -> ReservationCheck:
    """Check whether a person may reserve a space at `now`, in four statements that only read.

    Raises:
        DomainError: not_found, or not_bookable: the space is not for own use.
    """
    policy = policies_queries.policies(connection, now, member_id).of()
    day = helsinki_date(requested.start)
    courts = context.courts_around(connection, [day], policy, requested.space)
    court = courts.court(requested.space)
    if court is None:
        raise _no_court(connection, requested.space)
    person = person_of(connection, member_id, now)
    return ReservationCheck(
        requested, court, courts, person, rules.check(court, requested, person, policy, now)
    )


def _no_court(connection: Connection, space: uuid.UUID) -> DomainError:
    row = connection.execute(select(Space.id).where(Space.public_id == space)).first()
    return DomainError(NOT_BOOKABLE if row else NOT_FOUND)


def person_of(connection: Connection, member_id: int, now: datetime) -> CourtBooker:
    """Return what the rules read of a person."""
    own = own_bookings(connection, member_id, now)
    return CourtBooker(
        bookings_context.booker_state(connection, member_id, now), own.windows, own.companions
    )


@dataclass(frozen=True, slots=True)
class OwnReservations:
    """What a person has booked from this week on: courts, and the days of everything."""

    courts: Sequence[OwnReservation] = ()
    days: frozenset[date] = frozenset()

    @property
    def windows(self) -> list[Window]:
        """The times of the reservations, as the limits count them."""
        return [(own.starts_at, own.ends_at) for own in self.courts]

    @property
    def companions(self) -> Counter[date]:
        """How many come along on each day."""
        found = Counter[date]()
        for own in self.courts:
            found[helsinki_date(own.starts_at)] += own.companions
        return found


def own_bookings(connection: Connection, member_id: int, now: datetime) -> OwnReservations:
    """Return a person's reservations and the days of all their bookings, by start."""
    rows = _OWN.fetch(connection, member_id=member_id, since=now - WEEK)
    return OwnReservations(
        [
            OwnReservation(
                row.booking, row.space, row.campus, row.starts_at, row.ends_at, row.companions
            )
            for row in rows
            if row.is_reservation
        ],
        frozenset(helsinki_date(row.starts_at) for row in rows),
    )


def alternatives(
    connection: Connection, *, member_id: int, requested: ReservationRequest, now: datetime
) -> list[tuple[Court, datetime]]:
    """Return what a person could reserve instead for as long, the nearest first."""
    policy = policies_queries.policies(connection, now, member_id).of()
    days = rules.days_around(bookable_days(policy, now), helsinki_date(requested.start))
    courts = context.courts_around(connection, days, policy, requested.space)
    person = person_of(connection, member_id, now)
    return rules.alternatives(courts.courts, requested, days, person, policy, now)


def next_free(
    connection: Connection, day: date, policy: Policy, campus: str, minutes: int, now: datetime
) -> tuple[Court, FreeStart] | None:
    """Return the first free start on a later day; where there is none, on an earlier one.

    Of either, so many days are looked at as the longest break has.
    """
    days = bookable_days(policy, now)
    # An earlier day last: who looks at the last day that can be booked is led back.
    for some in ([one for one in days if one > day], [one for one in days if one <= day]):
        looked_at = some[:LOOKED_AT]
        if looked_at:
            courts = context.courts_of_campus(connection, looked_at, policy, campus)
            if found := courts.first_free(now, minutes):
                return found
    return None


def existing_reservation(
    connection: Connection, member_id: int, requested: ReservationRequest
) -> uuid.UUID | None:
    """Return the person's own live reservation of the same space and time (a second tap)."""
    row = connection.execute(
        select(_b.public_id)
        .select_from(Booking.__table__.join(Allocation.__table__, _s.id == _b.session_id))
        .join(Reservation.__table__, Reservation.__table__.c.id == _s.id)
        .join(Space.__table__, Space.__table__.c.id == _s.space_id)
        .where(
            _b.member_id == member_id,
            _b.state == "booked",
            _s.starts_at == requested.start,
        )
        .where(Space.__table__.c.public_id == requested.space, _s.ends_at == requested.end)
    ).first()
    return None if row is None else row.public_id
