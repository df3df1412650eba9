"""Count the people inside each campus, hour by hour. Never commits."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import case, delete
from sqlalchemy.orm import Session

from zone.access.busyness.models import BusyHour
from zone.access.busyness.rules import KEPT, counted_at
from zone.access.occupancy.queries import (
    DoorBridge,
    door_bridges,
    lost_bridges,
    people_by_campus,
)
from zone.core.db.statements import insertion
from zone.core.time import helsinki_date, to_helsinki
from zone.places.opening_hours.queries import hours_by_campus
from zone.places.opening_hours.rules import A_DAY, AHEAD, open_state


def count_hour(session: Session, now: datetime) -> int:
    """Take what is counted now into this hour of each campus; return of how many campuses.

    A campus that is closed and empty has no busy hour, and of one with a bridge that is not heard
    it is not known how many are inside.
    """
    wall, today = to_helsinki(now), helsinki_date(now)
    inside = people_by_campus(session, counted_at(now))
    hours = hours_by_campus(session, today - A_DAY, today + AHEAD[-1])
    counted = 0
    for campus, bridges in sorted(_bridges_by_campus(session, now).items()):
        own = hours.get(campus)
        is_open = own is not None and open_state(own.week, own.exceptions, now).is_open
        if lost_bridges(bridges, now) or not (is_open or inside.get(campus)):
            continue
        row = insertion(session, BusyHour).values(
            campus_id=campus,
            day=wall.date(),
            hour=wall.hour,
            weekday=wall.isoweekday(),
            people=inside.get(campus, 0),
        )
        more = case(
            (row.excluded.people > BusyHour.people, row.excluded.people), else_=BusyHour.people
        )
        keys = ["campus_id", "day", "hour"]
        session.execute(row.on_conflict_do_update(index_elements=keys, set_={"people": more}))
        counted += 1
    session.execute(delete(BusyHour).where(BusyHour.day < today - KEPT))
    return counted


def _bridges_by_campus(session: Session, now: datetime) -> dict[int, list[DoorBridge]]:
    bridges: dict[int, list[DoorBridge]] = defaultdict(list)
    for bridge in door_bridges(session, now):
        bridges[bridge.campus_id].append(bridge)
    return bridges
