"""Areas as staff see them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from zone.access.areas.models import Area, AreaSpace
from zone.access.doors.models import Door
from zone.core.errors import NOT_FOUND, DomainError, require_first
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campuses
from zone.places.spaces.models import Space


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area as staff see it. A change of it must send back `version`."""

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
    occupancy_limit: int | None
    stay_minutes: int
    version: int


@dataclass(frozen=True, slots=True)
class AreaChoices:
    """What an area may be given, and its doors: names by id, or by a campus's code.

    A space has its names by language.
    """

    campuses: Mapping[str, str]
    spaces: Mapping[str, dict[str, str]]
    doors: Mapping[str, str]


def areas(session: Session, condition: ColumnElement[bool] | None = None) -> list[AreaView]:
    """Return the areas that meet the condition (None: all), by campus and name."""
    spaces = _spaces_by_area(session)
    rows = session.execute(
        select(Area, Campus.code)
        .join(Campus, Campus.id == Area.campus_id)
        .where(true() if condition is None else condition)
        .order_by(Campus.code, Area.name)
    )
    return [_area_view(row, campus, spaces.get(row.id, [])) for row, campus in rows]


def area(session: Session, public_id: uuid.UUID) -> AreaView:
    """Return one area as staff see it.

    Raises:
        DomainError: not_found.
    """
    return require_first(areas(session, Area.public_id == public_id))


def area_choices(session: Session, area: AreaView | None) -> AreaChoices:
    """Return what an area may be given; a new one (None) has no spaces to choose from yet."""
    names = {campus.code: campus.name for campus in campuses(session)}
    if area is None:
        return AreaChoices(names, {}, {})
    of_campus = select(Space).join(Campus).where(Campus.code == area.campus)
    spaces = session.scalars(of_campus.order_by(Space.name_en))
    doors = session.execute(
        select(Door.public_id, Door.name)
        .join(Area, Area.id == Door.area_id)
        .where(Area.public_id == area.id)
        .order_by(Door.name)
    )
    return AreaChoices(
        names,
        {
            str(space.public_id): {"fi": space.name_fi, "sv": space.name_sv, "en": space.name_en}
            for space in spaces
        },
        {str(door): name for door, name in doors},
    )


def area_by_public_id(session: Session, public_id: uuid.UUID) -> Area:
    """Return one area's row.

    Raises:
        DomainError: not_found.
    """
    area = session.scalar(select(Area).where(Area.public_id == public_id))
    if area is None:
        raise DomainError(NOT_FOUND)
    return area


def campus_of_area(session: Session, area_id: int) -> int:
    """Return the id of the campus that an area belongs to."""
    return session.scalars(select(Area.campus_id).where(Area.id == area_id)).one()


def kinds_and_campus_by_area(session: Session) -> dict[int, tuple[list[str], str]]:
    """Return (kinds of rights, campus code) of every area, by its id."""
    query = select(Area.id, Area.kinds, Campus.code).join(Campus, Campus.id == Area.campus_id)
    return {area_id: (kinds, campus) for area_id, kinds, campus in session.execute(query)}


def _spaces_by_area(session: Session) -> Mapping[int, list[uuid.UUID]]:
    spaces: dict[int, list[uuid.UUID]] = defaultdict(list)
    query = (
        select(AreaSpace.area_id, Space.public_id)
        .join(Space, Space.id == AreaSpace.space_id)
        .order_by(Space.id)
    )
    for area_id, space in session.execute(query):
        spaces[area_id].append(space)
    return spaces


def _area_view(area: Area, campus: str, spaces: list[uuid.UUID]) -> AreaView:
    return AreaView(
        area.public_id,
        area.name,
        campus,
        area.kinds,
        spaces,
        area.proves_presence,
        area.needs_booking,
        area.sensitive,
        area.always_open,
        area.passback,
        area.passback_seconds,
        area.occupancy_limit,
        area.stay_minutes,
        area.version,
    )
