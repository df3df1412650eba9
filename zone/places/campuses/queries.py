"""Campuses."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.places.campuses.models import Campus


def campus_by_code(session: Session, code: str) -> Campus:
    """Return the campus with that code.

    Raises:
        DomainError: not_found.
    """
    campus = session.scalar(select(Campus).where(Campus.code == code))
    if campus is None:
        raise DomainError(NOT_FOUND)
    return campus


def campuses(session: Session) -> list[Campus]:
    """Return every campus by name."""
    return list(session.scalars(select(Campus).order_by(Campus.name)))
