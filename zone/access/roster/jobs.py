"""Jobs that mark members whose bookings come within reach, and shorten the feed's log."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete

from zone.access.bridge_sign_on.models import BridgeChallenge, BridgeToken
from zone.booking.bookings.queries import WINDOWS_AHEAD, members_booked_between
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.row_records.service import write_recorded
from zone.members.roster_marks.queries import marked_until
from zone.members.roster_marks.service import delete_replaced_marks, mark_roster

REACH: Final = "access.mark_reach"


def mark_bookings_within_reach(_settings: Settings, now: datetime) -> int:
    """Mark the members whose bookings have come within `WINDOWS_AHEAD`; return how many members.

    A roster row holds only the bookings of the days ahead: the row that was sent when the booking
    was made lacks a booking that was further away than that.
    """
    with writing() as session:
        # Both ends are moved ahead by the same 8 days: runs leave no gap, also after the scheduler
        # was stopped for up to 9 days.
        since = marked_until(session, REACH, now)
        members = members_booked_between(session, since + WINDOWS_AHEAD, now + WINDOWS_AHEAD)
        mark_roster(session, members, now)
    return len(members)


def delete_expired(_settings: Settings, now: datetime) -> int:
    """Shorten the feed's log, and delete expired tokens and challenges of bridges; return 0."""
    with writing() as session:
        # The newest mark stays: reading the log from 0 must still give everybody.
        delete_replaced_marks(session)
        write_recorded(session, delete(BridgeToken).where(BridgeToken.expires_at <= now))
        session.execute(delete(BridgeChallenge).where(BridgeChallenge.expires_at <= now))
    return 0
