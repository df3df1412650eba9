"""Read the booking policy in force."""

from dataclasses import fields
from functools import lru_cache
from operator import attrgetter

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.rules import Policy

_p = BookingPolicy.__table__.c
NUMBERS = tuple(field.name for field in fields(Policy))
numbers_in = attrgetter(*NUMBERS)

_POLICY = select(*(_p[name] for name in NUMBERS)).where(_p.id == 1)


def policy(connection: Connection) -> Policy:
    """Return the stored numbers, or the defaults where none are stored."""
    row = connection.execute(_POLICY).first()
    return Policy() if row is None else policy_of(numbers_in(row))


@lru_cache(maxsize=8)
def policy_of(numbers: tuple[int, ...]) -> Policy:
    """Return the policy with these numbers, in the order of `NUMBERS`."""
    # Cached: the numbers rarely change, and a dataclass of 17 fields would be built at each
    # booking.
    return Policy(*numbers)


def current_version(session: Session) -> int:
    """Return the version of the stored numbers; 1 where none are stored."""
    return session.scalar(select(_p.version).where(_p.id == 1)) or 1


def current(session: Session) -> Policy:
    """Return the policy in force, for those who have a session at hand."""
    return policy(session.connection())
