"""Booking a space for own use: a hall, a part of it, a court. It is given back in `service.cancel`, like any place."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, select
from sqlalchemy.orm import Session

from zone.booking import availability, court_rules, facts
from zone.booking.availability import Courts
from zone.booking.claims import claim_place, lock_member, write_booking
from zone.booking.court_rules import Court, CourtWish, Free, Person
from zone.booking.errors import NOT_BOOKABLE
from zone.booking.letters import tell_booked
from zone.booking.models import Booking, ClassSession
from zone.booking.planning import Offer, create_session
from zone.booking.rules import Policy
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.time import helsinki_date
from zone.places.models import Space
from zone.question import Question

_b, _s = Booking.__table__.c, ClassSession.__table__.c
_OWN_USE = Question(
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
class CourtVerdict:
    """Every reason against a wish (none: it may be booked), and the facts that were judged."""

    wish: CourtWish
    court: Court
    near: Courts
    person: Person
    reasons: Sequence[ErrorCode]

    def refusal(self, **extra: object) -> DomainError:
        """The reasons as an error, with the numbers that their sentences name."""
        params = court_rules.words(self.court, self.person, self.near.policy)
        return DomainError(*self.reasons, params=params, **extra)


def verdict(connection: Connection, *, member_id: int, wish: CourtWish, now: datetime) -> CourtVerdict:
    """Judge whether a person may book a space at `now`; in three statements, which only read.

    Raises:
        DomainError: not_found, or not_bookable: the space is not for own use.
    """
    near = availability.like_space(connection, [helsinki_date(wish.start)], wish.space)
    court = near.court(wish.space)
    if court is None:
        raise _no_court(connection, wish.space)
    person = person_of(connection, member_id, now)
    return CourtVerdict(wish, court, near, person, court_rules.check(court, wish, person, near.policy, now))


def _no_court(connection: Connection, space: uuid.UUID) -> DomainError:
    known = connection.execute(select(Space.id).where(Space.public_id == space)).first()
    return DomainError(NOT_BOOKABLE if known else NOT_FOUND)


def person_of(connection: Connection, member_id: int, now: datetime) -> Person:
    """What counts for or against a person who wants a space."""
    own = _OWN_USE.ask(connection, member_id=member_id, since=now - WEEK)
    return Person(facts.standing(connection, member_id, now), [(row.starts_at, row.ends_at) for row in own])


def alternatives(
    connection: Connection, *, member_id: int, wish: CourtWish, now: datetime
) -> list[tuple[Court, datetime]]:  # fmt: skip
    """What a person could book instead for as long, the nearest first: read from all days that can be booked."""
    days = bookable_days(facts.policy(connection), now)
    around = availability.like_space(connection, days, wish.space)
    person = person_of(connection, member_id, now)
    return court_rules.alternatives(around.courts, wish, days, person, around.policy, now)


def bookable_days(policy: Policy, now: datetime) -> list[date]:
    """Today and the days on which something can be booked already."""
    return [helsinki_date(now) + timedelta(days=n) for n in range(policy.opens_days + 1)]


def next_free(
    connection: Connection, day: date, campus: str, minutes: int, now: datetime
) -> tuple[Court, Free] | None:  # fmt: skip
    """The first that can be booked now on a later day; where there is none, on any day before it."""
    days = bookable_days(facts.policy(connection), now)
    found = availability.of_campus(connection, days, campus)
    return found.first_free(now, minutes, after=day) or found.first_free(now, minutes)


def book_space(session: Session, *, member_id: int, wish: CourtWish, now: datetime) -> Booking:
    """Book a whole space for one's own use. Its parts are held; the database refuses any overlap.

    1. Lock the space's row, against a day that is being closed, and the member's, for the limits per person.
    2. Load what the rules need, and refuse with all reasons.
    3. Hold every part, then write the booking.

    Raises:
        DomainError: not_found, not_bookable, or every reason against it.
        IntegrityError: `uq_hold_part_slice` (space_taken at the edge): somebody has just taken a part of it.
    """
    _lock_space(session, wish.space)
    lock_member(session, member_id)
    judged = verdict(session.connection(), member_id=member_id, wish=wish, now=now)
    if judged.reasons:
        raise judged.refusal()
    held = court_rules.held_around(wish.start, wish.minutes, judged.court.rules)
    made = create_session(session, _own_use(judged.court), wish.start, wish.end, now=now, held=held)
    claim_place(session, made.id)  # its only one
    booking = write_booking(session, made.id, member_id, now, companions=wish.companions)
    tell_booked(session, made, member_id, judged.near.policy, now)
    return booking


def booked_already(connection: Connection, member_id: int, wish: CourtWish) -> uuid.UUID | None:
    """The person's own live booking of just this: the first of two taps."""
    mine = connection.execute(
        select(_b.public_id)
        .select_from(Booking.__table__.join(ClassSession.__table__, _s.id == _b.session_id))
        .join(Space.__table__, Space.__table__.c.id == _s.space_id)
        .where(_b.member_id == member_id, _b.state == "booked", _s.kind == "own_use", _s.starts_at == wish.start)
        .where(Space.__table__.c.public_id == wish.space, _s.ends_at == wish.end)
    ).first()
    return None if mine is None else mine.public_id


def _lock_space(session: Session, space: uuid.UUID) -> None:
    """Wait for who closes the day, and let them wait for this booking; other bookings pass."""
    session.execute(select(Space.id).where(Space.public_id == space).with_for_update(read=True))


def _own_use(court: Court) -> Offer:
    return Offer(
        kind="own_use", name_fi=court.name["fi"], name_sv=court.name["sv"], name_en=court.name["en"],
        category="own_use", space_id=court.id, capacity=1,
    )  # fmt: skip
