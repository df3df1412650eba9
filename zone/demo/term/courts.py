"""Courts in use: people who play now, and in the days to come."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.reservations import service as reservations
from zone.booking.reservations.rules import ReservationRequest
from zone.core.errors import DomainError
from zone.core.time import to_helsinki
from zone.demo.term.people import TermMember
from zone.places.spaces.models import Space

HOURS: Final = 60
"""How far ahead courts are reserved: most people decide on the day or the day before."""
TAKEN: Final = 0.7
"""The share of the hours that are taken, while a campus is open."""
MINUTES: Final = 60


def load(
    session: Session,
    people: Sequence[TermMember],
    now: datetime,
    chance: random.Random,
) -> int:
    """Reserve courts by the service's rules; return how many reservations there are."""
    courts = session.scalars(select(Space).where(Space.own_use).order_by(Space.id)).all()
    made = 0
    for start in _starts(now):
        for space in courts:
            if chance.random() < TAKEN:
                person, at = chance.choice(people), min(now, start) - timedelta(hours=3)
                made += _reserve(session, space, person, start, at, chance)
    return made


def _starts(now: datetime) -> Iterator[datetime]:
    """Yield the full hours of the daytime from the one that runs on, every second one."""
    first = now.replace(minute=0, second=0, microsecond=0)
    for hours in range(0, HOURS, 2):
        start = first + timedelta(hours=hours)
        if 9 <= to_helsinki(start).hour <= 20:
            yield start


def _reserve(
    session: Session,
    space: Space,
    person: TermMember,
    start: datetime,
    at: datetime,
    chance: random.Random,
) -> bool:
    requested = ReservationRequest(
        space.public_id, start, MINUTES, chance.randint(0, space.companions)
    )
    try:
        reservations.book_space(session, member_id=person.id, requested=requested, now=at)
    except DomainError:  # closed then, or over a limit of theirs: nobody plays
        return False
    return True
