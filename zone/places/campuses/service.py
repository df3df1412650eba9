"""Set up campuses. Never commits."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.places.campuses.models import Campus


def create_campus(session: Session, *, code: str, name: str) -> Campus:
    """Create a campus."""
    campus = Campus(code=code, name=name)
    session.add(campus)
    session.flush()
    return campus


def ensure_campus(session: Session, *, code: str, name: str) -> None:
    """Create a campus unless there is one with that code."""
    if session.scalar(select(Campus.id).where(Campus.code == code)) is None:
        create_campus(session, code=code, name=name)
