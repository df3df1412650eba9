"""Campuses."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.places.campuses.models import Campus
from zone.places.campuses.views import map_address

ADDRESS: Final = ("street", "postal_code", "city", "latitude", "longitude")


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


def position_of(campus: Campus) -> tuple[float, float] | None:
    """Return the latitude and longitude of a campus; None where they are not known."""
    if campus.latitude is None or campus.longitude is None:
        return None
    return campus.latitude, campus.longitude


def map_of(campus: Campus) -> str | None:
    """Return the address of a map of a campus; None where its place is not known."""
    place = f"{campus.postal_code} {campus.city}"
    return map_address(campus.street, place, campus.latitude, campus.longitude)


def campus_values(campus: Campus) -> dict[str, Any]:
    """Return a campus as the API shows it."""
    return {
        "code": campus.code,
        "name": campus.name,
        **{name: getattr(campus, name) for name in ADDRESS},
        "map_url": map_of(campus),
        "version": campus.version,
    }
