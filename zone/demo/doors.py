"""The doors of the demo, on one bridge: that of the studios, and that of the gym."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.areas import service as areas
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.access.doors import service as doors_service
from zone.access.doors.models import Door
from zone.places.campuses.queries import campus_by_code
from zone.places.spaces.models import Space

BRIDGE: Final = "Demo bridge"
DOOR: Final = "Studio door"
GYM_DOOR: Final = "Gym door"
STRIKE_MS: Final = 1000
STUDIOS: Final = ("studio", "small-studio")
"""The spaces behind the door."""


def studio_door(session: Session, now: datetime) -> tuple[str | None, str]:
    """Return enrolment token (or None) and id of the studio's door; make it where it is missing."""
    existing = session.scalar(select(Door).where(Door.name == DOOR))
    if existing is not None:
        bridge = session.get_one(Bridge, existing.bridge_id)
        enrolled = bridge.enrolled_at is not None
        token = None if enrolled else bridge_sign_on.enrolment_token(session, bridge, now)
        return token, str(existing.public_id)
    campus = campus_by_code(session, "myllypuro")
    studios = session.scalars(select(Space.id).where(Space.code.in_(STUDIOS))).all()
    bridge, token = bridges.create_bridge(session, campus_id=campus.id, name=BRIDGE, now=now)
    return token, _door(session, bridge, DOOR, "Studio", "class", studios)


def gym_door(session: Session) -> str:
    """Return the id of the gym's door, on the same bridge; make it where it is missing."""
    existing = session.scalar(select(Door.public_id).where(Door.name == GYM_DOOR))
    if existing is not None:
        return str(existing)
    bridge = session.scalars(select(Bridge).where(Bridge.name == BRIDGE)).one()
    gym = session.scalars(select(Space.id).where(Space.code == "gym")).all()
    return _door(session, bridge, GYM_DOOR, "Gym", "gym", gym)


def _door(
    session: Session, bridge: Bridge, name: str, area_name: str, kind: str, spaces: Sequence[int]
) -> str:
    area = areas.create_area(
        session,
        campus_id=bridge.campus_id,
        name=area_name,
        kinds=[kind],
        space_ids=spaces,
        proves_presence=True,
        always_open=True,
        occupancy_limit=100,
    )
    door = doors_service.create_door(
        session, area_id=area.id, bridge_id=bridge.id, name=name, strike_ms=STRIKE_MS
    )
    return str(door.public_id)
