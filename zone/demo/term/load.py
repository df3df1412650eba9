"""Invented data of a term, from a seed: what a service holds in the middle of an autumn.

The rows are as the product's services would have written them, so every invariant holds.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.demo.term import classes, doors, people

SEED: Final = 2026


@dataclass(frozen=True, slots=True)
class Size:
    """How much data. The defaults: 5,000 members and 60 sessions a week in a term of 18 weeks."""

    members: int = 5000
    weeks_past: int = 13
    weeks_ahead: int = 5
    sessions_a_week: int = 60
    bookings: int = 30_000
    entries: int = 300_000


def term(session: Session, now: datetime, size: Size | None = None, *, seed: int = SEED) -> None:
    """Fill a database that holds the example.

    The same seed makes the same term around the same moment.
    """
    size, chance = size or Size(), random.Random(seed)
    since = now.replace(microsecond=0) - timedelta(weeks=size.weeks_past)
    members = people.load(session, size.members, since, now, chance)
    studios = classes.spaces(session)
    classes.schedule(
        session, studios, size.sessions_a_week, since, now + timedelta(weeks=size.weeks_ahead), now
    )
    attended = classes.fill(session, studios, members, size.bookings, now, chance)
    doors.load(session, studios, members, attended, size.entries, since, now, chance)
