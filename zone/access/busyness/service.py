"""Count the people inside each campus, hour by hour. Never commits."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import case, delete
from sqlalchemy.orm import Session

from zone.access.busyness.models import BusyHour
from zone.access.busyness.queries import bridges_by_campus
from zone.access.busyness.rules import KEPT, counted_at
from zone.access.occupancy.queries import (
    DoorBridge,
    lost_bridges,
    people_by_campus,
)
from zone.core.db.statements import insertion
from zone.core.time import helsinki_date, to_helsinki
from zone.places.opening_hours.queries import CampusHours, hours_by_campus
from zone.places.opening_hours.rules import A_DAY, AHEAD, open_state


def count_hour(session: Session, now: datetime) -> int:
    """Take what is counted now into this hour of each campus; return of how many campuses.

    A closed campus has no busy hour: by whether there is one everybody would know whether somebody
    is inside. Of one with a bridge that is not heard it is not known how many are.
    """
    wall, today = to_helsinki(now), helsinki_date(now)
    inside = people_by_campus(session, counted_at(now))
    hours = hours_by_campus(session, today - A_DAY, today + AHEAD[-1])
    counted = 0
    for campus, bridges in sorted(bridges_by_campus(session, now).items()):
        if lost_bridges(bridges, now) or not _is_open(bridges, hours.get(campus), now):
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


def _is_open(bridges: Iterable[DoorBridge], hours: CampusHours | None, now: datetime) -> bool:
    own = hours or CampusHours()
    return (
        any(one.always_open for one in bridges) or open_state(own.week, own.exceptions, now).is_open
    )
