"""Where the term happens: at each campus studios and a gym behind a door, and courts at some."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas import service as areas
from zone.access.bridges import service as bridges
from zone.access.doors import service as doors
from zone.access.releases.models import DoorRelease
from zone.access.releases.rules import mask_of
from zone.core.ids import new_public_id
from zone.places.campuses.models import Campus
from zone.places.spaces import service as spaces_service

STUDIOS: Final = {"myllypuro": 2, "pasila": 2, "arabia": 2}
"""Studios of a campus; one where it is not named."""
COURTS: Final = {"pasila": 3, "otaniemi": 2}
CAPACITY: Final = 120
OPEN_TO_ALL: Final = "arabia"
"""The campus whose lobby is open to everybody by day."""
GYM: Final = "term-gym"
GYM_CAPACITY: Final = 40


@dataclass(frozen=True, slots=True)
class TermStudio:
    """A studio, and the number of the campus's door in front of it."""

    id: int
    campus: int


@dataclass(frozen=True, slots=True)
class TermDoor:
    """The door of a campus. Its bridge has no box: all that it recorded is in the database."""

    id: int
    public_id: str
    area_id: int
    bridge_id: int


@dataclass(frozen=True, slots=True)
class TermPlaces:
    """The places of the term. `doors`: one for each campus, in order."""

    studios: Sequence[TermStudio]
    doors: Sequence[TermDoor]


def load(session: Session, since: datetime) -> TermPlaces:
    """Make the places of every campus."""
    studios, made = list[TermStudio](), list[TermDoor]()
    for number, campus in enumerate(session.scalars(select(Campus).order_by(Campus.id)).all()):
        own = [_studio(session, campus, n + 1) for n in range(STUDIOS.get(campus.code, 1))]
        studios += [TermStudio(space, number) for space in own]
        for n in range(COURTS.get(campus.code, 0)):
            _court(session, campus, n + 1)
        made.append(_door(session, campus, [*own, _gym(session, campus)], since))
    return TermPlaces(studios, made)


def _studio(session: Session, campus: Campus, number: int) -> int:
    names = (f"Sali {number}", f"Sal {number}", f"Studio {number}")
    return _space(session, campus, f"term-studio-{number}", names, CAPACITY)


def _gym(session: Session, campus: Campus) -> int:
    return _space(session, campus, GYM, ("Kuntosali", "Gymmet", "Gym"), GYM_CAPACITY)


def _court(session: Session, campus: Campus, number: int) -> None:
    code = f"term-badminton-{number}"
    names = (
        f"Sulkapallokenttä {number}",
        f"Badmintonbana {number}",
        f"Badminton court {number}",
    )
    spaces_service.create_space(
        session,
        campus_id=campus.id,
        code=code,
        names=names,
        capacity=4,
        parts=[code],
        own_use=True,
        companions=3,
    )


def _space(
    session: Session, campus: Campus, code: str, names: tuple[str, str, str], capacity: int
) -> int:
    space = spaces_service.create_space(
        session, campus_id=campus.id, code=code, names=names, capacity=capacity, parts=[code]
    )
    return space.id


def _door(session: Session, campus: Campus, spaces: Sequence[int], since: datetime) -> TermDoor:
    box, _ = bridges.create_bridge(
        session, campus_id=campus.id, name=f"Term bridge {campus.name}", now=since
    )
    area = areas.create_area(
        session,
        campus_id=campus.id,
        name="Studios and gym",
        kinds=["class", "gym"],
        space_ids=spaces,
        proves_presence=True,
    )
    door = doors.create_door(session, area_id=area.id, bridge_id=box.id, name="Main door")
    if campus.code == OPEN_TO_ALL:
        _lobby(session, campus, box.id)
    return TermDoor(door.id, str(door.public_id), area.id, box.id)


def _lobby(session: Session, campus: Campus, bridge_id: int) -> None:
    """Make a lobby whose door is open to everybody by day, once somebody has come in."""
    area = areas.create_area(
        session, campus_id=campus.id, name="Lobby", kinds=["class", "gym", "court"]
    )
    door = doors.create_door(session, area_id=area.id, bridge_id=bridge_id, name="Lobby door")
    session.add(
        DoorRelease(
            public_id=new_public_id(),
            door_id=door.id,
            weekdays=mask_of(range(1, 6)),
            opens=time(8),
            closes=time(16),
            first_person=True,
        )
    )
