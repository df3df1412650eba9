"""Spaces with their campus and parts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.orm import Session, selectinload

from zone.core.errors import NOT_FOUND, DomainError
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Part, Space, SpacePart
from zone.places.spaces.rules import MINUTES


@dataclass(frozen=True, slots=True)
class SpaceView:
    """A space with its campus, and the ids of its parts in ascending order."""

    id: int
    public_id: uuid.UUID
    campus_id: int
    campus_code: str
    name_fi: str
    name_sv: str
    name_en: str
    capacity: int
    own_use: bool
    parts: tuple[int, ...]


def campus_codes_of_spaces(session: Session) -> dict[int, str]:
    """Return the code of the campus of every space."""
    rows = session.execute(select(Space.id, Campus.code).join(Campus, Campus.id == Space.campus_id))
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class ReservableCampus:
    """A campus that has spaces for own use, and how many."""

    id: int
    code: str
    name: str
    spaces: int


def reservable_campuses(connection: Connection) -> list[ReservableCampus]:
    """Return the campuses that have a space for own use, by name."""
    rows = connection.execute(
        select(Campus.id, Campus.code, Campus.name, func.count(Space.id))
        .join(Space, Space.campus_id == Campus.id)
        .where(Space.own_use)
        .group_by(Campus.id, Campus.code, Campus.name)
        .order_by(Campus.name, Campus.id)
    )
    return [ReservableCampus(*row) for row in rows]


def spaces(
    session: Session, *, campus_id: int | None = None, own_use: bool | None = None
) -> list[SpaceView]:
    """Return spaces by name, of one campus and by `own_use` where given."""
    query = select(Space, Campus.code).join(Campus).order_by(Space.name_en)
    if campus_id is not None:
        query = query.where(Space.campus_id == campus_id)
    if own_use is not None:
        query = query.where(Space.own_use == own_use)
    return _views(session, query)


def space_ids_of_campus(session: Session, campus_id: int) -> Sequence[int]:
    """Return the rows of a campus's spaces."""
    return session.scalars(select(Space.id).where(Space.campus_id == campus_id)).all()


def spaces_with_parts(session: Session, campus: str | None = None) -> list[tuple[Space, str]]:
    """Return every space with its parts and its campus's code; of one campus where given."""
    query = _WITH_PARTS if campus is None else _WITH_PARTS.where(Campus.code == campus)
    return [(space, code) for space, code in session.execute(query)]


def space_with_parts(session: Session, public_id: uuid.UUID) -> tuple[Space, str]:
    """Return one space with its parts and its campus's code.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(_WITH_PARTS.where(Space.public_id == public_id)).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    space, code = row
    return space, code


_WITH_PARTS: Final = (
    select(Space, Campus.code)
    .join(Campus)
    .options(selectinload(Space.parts))
    .order_by(Campus.name, Space.name_en)
)


def parts_of_campus(session: Session, campus: str) -> list[str]:
    """Return the codes of the parts of a campus."""
    query = select(Part.code).join(Campus, Campus.id == Part.campus_id).order_by(Part.code)
    return list(session.scalars(query.where(Campus.code == campus)))


def space_values(space: Space, campus_code: str) -> dict[str, Any]:
    """Return a space, loaded with its parts, as the API shows it and the audit records it."""
    columns = ("code", "capacity", "own_use", "companions", "version", *MINUTES)
    return {
        "id": space.public_id,
        "campus": campus_code,
        "parts": sorted(part.code for part in space.parts),
        "name": {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en},
        **{name: getattr(space, name) for name in columns},
    }


def space_by_public_id(session: Session, public_id: uuid.UUID) -> SpaceView:
    """Return the space with that public id.

    Raises:
        DomainError: not_found.
    """
    return _one(session, Space.public_id == public_id)


def space_by_id(session: Session, space_id: int) -> SpaceView:
    """Return the space with that internal id.

    Raises:
        DomainError: not_found.
    """
    return _one(session, Space.id == space_id)


def _one(session: Session, condition: ColumnElement[bool]) -> SpaceView:
    views = _views(session, select(Space, Campus.code).join(Campus).where(condition))
    if not views:
        raise DomainError(NOT_FOUND)
    return views[0]


def _views(session: Session, query: Select[Space, str]) -> list[SpaceView]:
    rows = session.execute(query).all()
    parts = _parts(session, [space.id for space, _ in rows])
    return [
        SpaceView(
            space.id,
            space.public_id,
            space.campus_id,
            code,
            space.name_fi,
            space.name_sv,
            space.name_en,
            space.capacity,
            space.own_use,
            tuple(parts[space.id]),
        )
        for space, code in rows
    ]


def _parts(session: Session, space_ids: Sequence[int]) -> dict[int, list[int]]:
    query = select(SpacePart).where(SpacePart.space_id.in_(space_ids)).order_by(SpacePart.part_id)
    parts: dict[int, list[int]] = {space_id: [] for space_id in space_ids}
    for row in session.scalars(query):
        parts[row.space_id].append(row.part_id)
    return parts
