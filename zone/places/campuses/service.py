"""Set up campuses. Never commits."""

from sqlalchemy.orm import Session

from zone.places.campuses.models import Campus


def create_campus(session: Session, *, code: str, name: str) -> Campus:
    """Create a campus."""
    campus = Campus(code=code, name=name)
    session.add(campus)
    session.flush()
    return campus
