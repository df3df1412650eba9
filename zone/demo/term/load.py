"""Invented data of a term, from a seed: what a service holds in the middle of an autumn.

The rows are as the product's services would have written them, so every invariant holds.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.demo.term import busy_hours, classes, cost_shares, doors, marks, people, places
from zone.demo.term.people import TermMember

SEED: Final = 2026


@dataclass(frozen=True, slots=True)
class Size:
    """How much data. The defaults: 5,000 members and 60 sessions a week in a term of 18 weeks.

    `rush`: how many more have come to each campus in the last 60 minutes, at the busiest time.
    """

    members: int = 5000
    weeks_past: int = 13
    weeks_ahead: int = 5
    sessions_a_week: int = 60
    bookings: int = 30_000
    entries: int = 300_000
    rush: tuple[int, ...] = ()

    @property
    def average(self) -> float:
        """The bookings of an average session; bookings open a week ahead."""
        return self.bookings / (self.sessions_a_week * (self.weeks_past + 1))


def term(
    session: Session, now: datetime, size: Size | None = None, *, seed: int = SEED
) -> list[TermMember]:
    """Fill a database that holds the example; return the people with a pass.

    The same seed makes the same term around the same moment.
    """
    size, chance = size or Size(), random.Random(seed)
    since = now.replace(microsecond=0) - timedelta(weeks=size.weeks_past)
    found = places.load(session, since)
    members = people.load(session, size.members, now, chance)
    until = now + timedelta(weeks=size.weeks_ahead)
    classes.schedule(
        session, found.studios, size.sessions_a_week, since, until, now, size.average, chance
    )
    attended = classes.fill(session, found.studios, members, size.bookings, now, chance)
    marks.load(session, now, chance)
    rush = doors.rush(members, size.rush, now, chance)
    doors.load(session, found.doors, members, attended, rush, size.entries, since, now, chance)
    busy_hours.load(session, found.doors, size.rush, now, chance)
    cost_shares.load(session, now)
    return members
