"""Alarms as staff see them."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, select, true
from sqlalchemy.orm import Session

from zone.access.alarms.models import BridgeAlarm
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door

OPEN_ALARMS: Final = and_(BridgeAlarm.cleared_at.is_(None), BridgeAlarm.acknowledged_at.is_(None))
"""What nobody has seen to yet, and that is not over."""
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm as staff see it. `seq` is that of the entry it is about; `door` is set where it is a door's."""

    id: uuid.UUID
    kind: str
    bridge: str
    door: str | None
    seq: int | None
    recorded_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None


def alarms(session: Session, *, every: bool) -> list[AlarmView]:
    """The alarms that stand, newest first; `every`: also those that are over or seen to, 200 at most."""
    query = (
        select(BridgeAlarm, Bridge.name, Door.name)
        .join(Bridge, Bridge.id == BridgeAlarm.bridge_id)
        .outerjoin(Door, Door.id == BridgeAlarm.door_id)
        .where(true() if every else OPEN_ALARMS)
        .order_by(BridgeAlarm.id.desc())
        .limit(MOST)
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
