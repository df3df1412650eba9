"""Areas as staff see them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.core.errors import NOT_FOUND, DomainError
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space

View = TypeVar("View")


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area as staff see it. `version` is to be sent with a change."""

    id: uuid.UUID
    name: str
    campus: str
    kinds: list[str]
    spaces: list[uuid.UUID]
    proves_presence: bool
    needs_booking: bool
    sensitive: bool
    always_open: bool
    passback: str
    passback_seconds: int
    version: int


def areas(session: Session, which: ColumnElement[bool] | None = None) -> list[AreaView]:
    """Every area by campus and name; or `which` of them."""
    held = _spaces(session)
    rows = session.execute(
        select(Area, Campus.code)
        .join(Campus, Campus.id == Area.campus_id)
        .where(true() if which is None else which)
        .order_by(Campus.code, Area.name)
    )
    return [
        AreaView(
            found.public_id,
            found.name,
            campus,
            found.kinds,
            held.get(found.id, []),
            found.proves_presence,
            found.needs_booking,
            found.sensitive,
            found.always_open,
            found.passback,
            found.passback_seconds,
            found.version,
        )
        for found, campus in rows
    ]


def _spaces(session: Session) -> Mapping[int, list[uuid.UUID]]:
    held: dict[int, list[uuid.UUID]] = defaultdict(list)
    query = (
        select(AreaSpace.area_id, Space.public_id)
        .join(Space, Space.id == AreaSpace.space_id)
        .order_by(Space.id)
    )
    for area_id, space in session.execute(query):
        held[area_id].append(space)
    return held


def area(session: Session, public_id: uuid.UUID) -> AreaView:
    """Raises DomainError not_found."""
    return _only(areas(session, Area.public_id == public_id))


def _only(found: list[View]) -> View:
    if not found:
        raise DomainError(NOT_FOUND)
    return found[0]


def area_by_public_id(session: Session, public_id: uuid.UUID) -> Area:
    """Raises DomainError not_found."""
    area = session.scalar(select(Area).where(Area.public_id == public_id))
    if area is None:
        raise DomainError(NOT_FOUND)
    return area
