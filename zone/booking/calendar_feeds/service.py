"""Make, note and end the addresses of feeds. Never commits.

A person acts on their own feed alone, so nothing here is a staff action.
"""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from zone.booking.calendar_feeds.models import CalendarFeed
from zone.booking.calendar_feeds.rules import key_digest
from zone.core.db.statements import insertion
from zone.core.ids import new_secret
from zone.core.row_records.service import write_recorded


def make_feed(session: Session, member_id: int, now: datetime) -> str:
    """Return the key of a person's new feed; the one before ends. It is stored nowhere."""
    key = new_secret()
    fresh = {"digest": key_digest(key), "created_at": now, "fetched_at": None}
    # One statement: of two at once the later one holds, and the other's key is dead.
    write_recorded(
        session,
        insertion(session, CalendarFeed)
        .values(member_id=member_id, **fresh)
        .on_conflict_do_update(index_elements=["member_id"], set_=fresh),
    )
    return key


def end_feed(session: Session, member_id: int) -> None:
    """End a person's feed; doing it again changes nothing."""
    write_recorded(session, delete(CalendarFeed).where(CalendarFeed.member_id == member_id))


def end_every_feed(session: Session) -> None:
    """End all feeds, as after a restore: a key of the past may have been ended since."""
    write_recorded(session, delete(CalendarFeed))


def note_fetch(session: Session, feed_id: int, now: datetime) -> None:
    """Store that a feed was fetched."""
    session.execute(update(CalendarFeed).where(CalendarFeed.id == feed_id).values(fetched_at=now))
