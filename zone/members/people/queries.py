"""People by e-mail address, public id or internal id."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.text import normal_email
from zone.members.people.models import Member


def member_by_email(session: Session, email: str) -> Member | None:
    """The person with that address in any spelling, or None."""
    return session.scalar(select(Member).where(Member.email == normal_email(email)))


def member_by_public_id(session: Session, public_id: uuid.UUID) -> Member:
    """The person with that public id.

    Raises:
        DomainError: not_found.
    """
    member = session.scalar(select(Member).where(Member.public_id == public_id))
    if member is None:
        raise DomainError(NOT_FOUND)
    return member


def member_by_id(session: Session, member_id: int) -> Member:
    """The person with that internal id.

    Raises:
        DomainError: not_found.
    """
    member = session.get(Member, member_id)
    if member is None:
        raise DomainError(NOT_FOUND)
    return member
