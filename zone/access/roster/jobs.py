"""Jobs that mark members whose bookings come within reach, and shorten the feed's log."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from zone.access.bridge_sign_on.models import BridgeChallenge, BridgeToken
from zone.access.roster import service
from zone.booking.bookings.queries import SLOTS_AHEAD, booked_between
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.jobs.queries import last_done
from zone.members.roster_marks.service import mark_roster

LOOK_BACK: Final = timedelta(days=9)
"""How far a job looks back that has never gone well: more than a door may be on its own."""


def mark_reach(_settings: Settings, now: datetime) -> int:
    """Tell the doors of bookings that have come within the days for which they keep them; how many people.

    What was booked further ahead was left out when the door was told of the booking itself.
    """
    with writing() as session:
        since = _last_done(session, REACH, now)
        members = booked_between(session, since + SLOTS_AHEAD, now + SLOTS_AHEAD)
        mark_roster(session, members, now)
    return len(members)


REACH: Final = "access.mark_reach"


def _last_done(session: Session, job: str, now: datetime) -> datetime:
    return max(last_done(session, job) or now - LOOK_BACK, now - LOOK_BACK)


def tidy(_settings: Settings, now: datetime) -> int:
    """Shorten the feed's log, and delete the bridges' expired tokens and challenges; always 0."""
    with writing() as session:
        service.compact(session)
        session.execute(delete(BridgeToken).where(BridgeToken.expires_at <= now))
        session.execute(delete(BridgeChallenge).where(BridgeChallenge.expires_at <= now))
    return 0
