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

LOOK_BACK: Final = timedelta(days=9)
"""How far a job looks back that has never gone well: more than a door may be on its own."""


def turn_suspensions(_settings: Settings, now: datetime) -> int:
    """Tell the doors of suspensions that have ended by themselves since this was last done; how many people."""
    with writing() as session:
        since = _last_done(session, TURN, now)
        just_ended = and_(Suspension.ends_at > since, Suspension.ends_at <= now)
        members = session.scalars(select(Suspension.member_id).where(just_ended).distinct()).all()
        mark_roster(session, members, now)
    return len(members)


TURN: Final = "access.turn_suspensions"


def _last_done(session: Session, job: str, now: datetime) -> datetime:
    return max(last_done(session, job) or now - LOOK_BACK, now - LOOK_BACK)
