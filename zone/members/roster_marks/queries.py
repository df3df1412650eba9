"""Which roster rows were marked, and from when on a job that marks them has still to work."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.jobs.queries import last_success_start
from zone.members.roster_marks.models import RosterMark

# A bridge may be offline for 7 days, and its rights expire then: changes that are older than 9 days
# reach it with the snapshot that it takes afterwards.
MAX_LOOK_BACK: Final = timedelta(days=9)


def marked_since(session: Session, since: datetime) -> list[int]:
    """Return the members whose roster rows were marked at `since` or later, by id."""
    query = select(RosterMark.member_id).where(RosterMark.recorded_at >= since).distinct()
    return list(session.scalars(query.order_by(RosterMark.member_id)))


def marked_until(session: Session, job: str, now: datetime) -> datetime:
    """Return until when a job has marked roster rows, at most 9 days before `now`.

    A job that has never succeeded starts 9 days back.
    """
    earliest = now - MAX_LOOK_BACK
    return max(last_success_start(session, job, now) or earliest, earliest)
