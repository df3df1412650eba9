"""The job that marks members whose suspension has ended."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, select

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.members.roster_marks.queries import marked_until
from zone.members.roster_marks.service import mark_roster
from zone.members.suspensions.models import Suspension

# An old name, which stays: `marked_until` finds the last run by it, and under a new name would mark
# the suspensions of the last 9 days once more.
MARK_ENDED: Final = "access.turn_suspensions"
"""The job's name, stored with its runs."""


def mark_ended_suspensions(_settings: Settings, now: datetime) -> int:
    """Mark the members whose suspension has ended by its date since the last run; return how many.

    A suspension that is lifted marks its member at once.
    """
    with writing() as session:
        since = marked_until(session, MARK_ENDED, now)
        # (since, now]: runs leave no gap, also after the scheduler was stopped for up to 9 days.
        just_ended = and_(Suspension.ends_at > since, Suspension.ends_at <= now)
        members = session.scalars(select(Suspension.member_id).where(just_ended).distinct()).all()
        mark_roster(session, members, now)
    return len(members)
