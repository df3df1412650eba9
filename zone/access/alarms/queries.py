"""Alarms as staff see them."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, func, select, true
from sqlalchemy.orm import Session

from zone.access.alarms.models import BridgeAlarm
from zone.access.alarms.rules import DoorWords
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door

# Neither cleared nor acknowledged.
OPEN_ALARMS: Final = and_(BridgeAlarm.cleared_at.is_(None), BridgeAlarm.acknowledged_at.is_(None))
MAX_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm as staff see it.

    `seq` is set where the alarm is about one entry, `door` where it is about a door.
    """

    id: uuid.UUID
    kind: str
    bridge: str
    door: str | None
    seq: int | None
    recorded_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None


def alarms(session: Session, *, every: bool) -> list[AlarmView]:
    """Return the open alarms, newest first and at most 200.

    `every`: also those that are cleared or acknowledged.
    """
    query = (
        select(BridgeAlarm, Bridge.name, Door.name)
        .join(Bridge, Bridge.id == BridgeAlarm.bridge_id)
        .outerjoin(Door, Door.id == BridgeAlarm.door_id)
        .where(true() if every else OPEN_ALARMS)
        .order_by(BridgeAlarm.id.desc())
        .limit(MAX_LISTED)
    )
    return [
        AlarmView(
            alarm.public_id,
            alarm.kind,
            bridge,
            door,
            alarm.seq,
            alarm.recorded_at,
            alarm.cleared_at,
            alarm.acknowledged_at,
        )
        for alarm, bridge, door in session.execute(query)
    ]


def open_alarms(_now: datetime) -> Select[int]:
    """Return the SELECT of how many alarms nobody has taken care of."""
    return select(func.count()).select_from(BridgeAlarm).where(OPEN_ALARMS)


def door_words(session: Session, bridge_id: int) -> list[DoorWords]:
    """Return the words that a bridge gets about each of its doors."""
    rows = session.execute(
        select(
            Door.id,
            Door.public_id,
            Door.state,
            Area.passback,
            Door.direction,
            Area.occupancy_limit,
            Bridge.wire,
        )
        .join(Area, Area.id == Door.area_id)
        .join(Bridge, Bridge.id == Door.bridge_id)
        .where(Door.bridge_id == bridge_id)
        .order_by(Door.id)
    )
    return [DoorWords(*row) for row in rows]
