"""Read what the page Status shows."""

from datetime import datetime

from sqlalchemy.orm import Session

from zone.access.alarms import queries as alarms_queries
from zone.access.bridges import queries as bridges_queries
from zone.access.conflicts import queries as conflicts_queries
from zone.access.doors import queries as doors_queries
from zone.access.occupancy import queries as occupancy_queries
from zone.access.releases.queries import released_now
from zone.access.roster import queries as roster_queries
from zone.access.shutdowns import queries as shutdowns_queries
from zone.access.status.views import DoorsNow
from zone.places.campuses.queries import campuses


def doors_now(session: Session, now: datetime) -> DoorsNow:
    """Return the doors and bridges of all campuses, and the open alarms."""
    return DoorsNow(
        now,
        {campus.code: campus.name for campus in campuses(session)},
        bridges_queries.bridges(session, now),
        doors_queries.doors(session, now),
        alarms_queries.alarms(session, every=False),
        roster_queries.feed_status(session).waiting,
        bridges_queries.door_policy(session),
        shutdowns_queries.open_shutdowns(session),
        conflicts_queries.count_open(session),
        occupancy_queries.areas_now(session, now),
        released_now(session, now),
    )
