"""Read which spaces are kept free."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.reservations.models import Reservation
from zone.booking.sessions.views import Names
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import LANGUAGES
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

_BLOCKS: Final = (
    select(Reservation, Space, Campus, Member.name)
    .join(Space, Space.id == Reservation.space_id)
    .join(Campus, Campus.id == Space.campus_id)
    .outerjoin(Member, Member.id == Reservation.made_by)
    .where(Reservation.kind == "block")
)


@dataclass(frozen=True, slots=True)
class BlockView:
    """A space that is kept free, as staff read it; `made_by`: the name of who did it."""

    id: uuid.UUID
    space: uuid.UUID
    space_name: Names
    campus: str
    campus_name: str
    starts_at: datetime
    ends_at: datetime
    note: str
    made_by: str
    state: str


def blocks(session: Session, now: datetime) -> list[BlockView]:
    """Return what is kept free now or later, by start."""
    query = _BLOCKS.where(Reservation.state == "scheduled", Reservation.ends_at > now)
    rows = session.execute(query.order_by(Reservation.starts_at, Reservation.id))
    return [_view(*row) for row in rows]


def block_view(session: Session, block: uuid.UUID) -> BlockView:
    """Return one of them, also after its end.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(_BLOCKS.where(Reservation.public_id == block)).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    return _view(*row)


def block_row(session: Session, block: uuid.UUID) -> Reservation:
    """Return the row of a space that is kept free.

    Raises:
        DomainError: not_found.
    """
    row = session.scalar(
        select(Reservation).where(Reservation.public_id == block, Reservation.kind == "block")
    )
    if row is None:
        raise DomainError(NOT_FOUND)
    return row


def _view(row: Reservation, space: Space, campus: Campus, made_by: str | None) -> BlockView:
    names = {language: getattr(space, f"name_{language}") for language in LANGUAGES}
    return BlockView(
        row.public_id,
        space.public_id,
        names,
        campus.code,
        campus.name,
        row.starts_at,
        row.ends_at,
        row.note,
        made_by or "",
        row.state,
    )
