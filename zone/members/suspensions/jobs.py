"""The job that marks members whose suspension has ended."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.jobs.queries import last_done
from zone.members.roster_marks.service import mark_roster
from zone.members.suspensions.models import Suspension

TURN: Final = "access.turn_suspensions"
"""The job's name, stored with its runs."""

LOOK_BACK: Final = timedelta(days=9)
"""The longest time that one run covers: more than a door works without the server."""


def turn_suspensions(_settings: Settings, now: datetime) -> int:
    """Mark the members whose suspension reached its end since the last run; return how many."""
    with writing() as session:
        since = _last_run(session, now)
        just_ended = and_(Suspension.ends_at > since, Suspension.ends_at <= now)
        members = session.scalars(select(Suspension.member_id).where(just_ended).distinct()).all()
        mark_roster(session, members, now)
    return len(members)


def _last_run(session: Session, now: datetime) -> datetime:
    return max(last_done(session, TURN) or now - LOOK_BACK, now - LOOK_BACK)
