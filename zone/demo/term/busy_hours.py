"""How many people were inside each campus, hour by hour, as the job would have counted them."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.busyness.models import BusyHour
from zone.access.busyness.rules import KEPT
from zone.core.time import day_window, helsinki_date, to_helsinki
from zone.demo.term.bulk import Row
from zone.demo.term.doors import BUSY, open_share
from zone.demo.term.places import TermDoor


def load(
    session: Session,
    doors: Sequence[TermDoor],
    counts: Sequence[int],
    now: datetime,
    chance: random.Random,
) -> None:
    """Fill the last weeks; `counts` are the people behind each door at the busiest time."""
    campuses = dict(session.execute(select(Area.id, Area.campus_id)).all())
    rows = [
        _row(campuses[door.area_id], wall, most, chance)
        for door, most in zip(doors, counts, strict=False)
        for wall in _open_hours(now)
    ]
    if rows:
        session.execute(insert(BusyHour), rows)


def _open_hours(now: datetime) -> Iterator[datetime]:
    at = day_window(helsinki_date(now) - KEPT)[0]
    while at < now:
        wall = to_helsinki(at)
        if BUSY[wall.hour] * open_share(wall):
            yield wall
        at += timedelta(hours=1)


def _row(campus: int, wall: datetime, most: int, chance: random.Random) -> Row:
    share = BUSY[wall.hour] * open_share(wall) * chance.uniform(0.8, 1.2)
    return {
        "campus_id": campus,
        "day": wall.date(),
        "hour": wall.hour,
        "weekday": wall.isoweekday(),
        "people": round(most * share),
    }
