"""Judge a reservation of a space, and find what else a person could reserve."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, select

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings.models import Booking
from zone.booking.policies import queries as policies_queries
from zone.booking.reservations import context, rules
from zone.booking.reservations.context import Courts
from zone.booking.reservations.errors import NOT_BOOKABLE
from zone.booking.reservations.rules import (
    Court,
    CourtBooker,
    Free,
    ReservationRequest,
    bookable_days,
)
from zone.booking.sessions.models import ClassSession
from zone.core.db.prepared_select import PreparedSelect
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.time import helsinki_date
from zone.places.spaces.models import Space

_b, _s = Booking.__table__.c, ClassSession.__table__.c
_OWN_USE = PreparedSelect(
    select(_s.starts_at, _s.ends_at)
    .select_from(Booking.__table__.join(ClassSession.__table__, _s.id == _b.session_id))
    .where(
        and_(_b.member_id == bindparam("member_id"), _b.state != "cancelled"),
        _s.kind == "own_use",
        _s.ends_at > bindparam("since"),
    )
)
WEEK = timedelta(days=8)
"""Whoever books now books in this week or a later one; so older bookings are in nobody's way."""


@dataclass(frozen=True, slots=True)
class ReservationCheck:
    """Every reason against a wish (none: it may be booked), and the facts that were judged."""

    wish: ReservationRequest
    court: Court
    near: Courts
    person: CourtBooker
    reasons: Sequence[ErrorCode]

    def refusal(self, **extra: object) -> DomainError:
        """The reasons as an error, with the numbers that their sentences name."""
        params = rules.words(self.court, self.person, self.near.policy)
        return DomainError(*self.reasons, params=params, **extra)


def check_reservation(
    connection: Connection, *, member_id: int, wish: ReservationRequest, now: datetime
) -> ReservationCheck:
    """Judge whether a person may book a space at `now`; in three statements, which only read.

    Raises:
        DomainError: not_found, or not_bookable: the space is not for own use.
    """
    near = context.like_space(connection, [helsinki_date(wish.start)], wish.space)
    court = near.court(wish.space)
    if court is None:
        raise _no_court(connection, wish.space)
    person = person_of(connection, member_id, now)
    return ReservationCheck(
        wish, court, near, person, rules.check(court, wish, person, near.policy, now)
    )


def _no_court(connection: Connection, space: uuid.UUID) -> DomainError:
    known = connection.execute(select(Space.id).where(Space.public_id == space)).first()
    return DomainError(NOT_BOOKABLE if known else NOT_FOUND)


def person_of(connection: Connection, member_id: int, now: datetime) -> CourtBooker:
    """What counts for or against a person who wants a space."""
    own = _OWN_USE.fetch(connection, member_id=member_id, since=now - WEEK)
    return CourtBooker(
        bookings_context.standing(connection, member_id, now),
        [(row.starts_at, row.ends_at) for row in own],
    )


def alternatives(
    connection: Connection, *, member_id: int, wish: ReservationRequest, now: datetime
) -> list[tuple[Court, datetime]]:
    """What a person could book instead for as long, the nearest first: read from all days that can be booked."""
    days = bookable_days(policies_queries.policy(connection), now)
    around = context.like_space(connection, days, wish.space)
    person = person_of(connection, member_id, now)
    return rules.alternatives(around.courts, wish, days, person, around.policy, now)


def next_free(
    connection: Connection, day: date, campus: str, minutes: int, now: datetime
) -> tuple[Court, Free] | None:
    """The first that can be booked now on a later day; where there is none, on any day before it."""
    days = bookable_days(policies_queries.policy(connection), now)
    found = context.of_campus(connection, days, campus)
    return found.first_free(now, minutes, after=day) or found.first_free(now, minutes)


def booked_already(
    connection: Connection, member_id: int, wish: ReservationRequest
) -> uuid.UUID | None:
    """The person's own live booking of just this: the first of two taps."""
    mine = connection.execute(
        select(_b.public_id)
        .select_from(Booking.__table__.join(ClassSession.__table__, _s.id == _b.session_id))
        .join(Space.__table__, Space.__table__.c.id == _s.space_id)
        .where(
            _b.member_id == member_id,
            _b.state == "booked",
            _s.kind == "own_use",
            _s.starts_at == wish.start,
        )
        .where(Space.__table__.c.public_id == wish.space, _s.ends_at == wish.end)
    ).first()
    return None if mine is None else mine.public_id
