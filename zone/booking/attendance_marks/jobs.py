"""The job that records which marks a term has wiped and which bans are over; safe to repeat."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from zone.booking.attendance_marks import service
from zone.booking.attendance_marks.queries import marks_wiped
from zone.booking.booking_bans import service as booking_bans
from zone.booking.booking_bans.queries import banned_until, bans_over
from zone.booking.mark_messages.service import TOLD_FOR, post_ban_ended
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.people.service import lock_members

BATCH_SIZE: Final = 200  # rows in one transaction: keeps the writers' lock short


def settle_marks(_settings: Settings, now: datetime) -> int:
    """Expire marks, and end bans with a mail; return how many."""
    return _expire(now) + _end_bans(now)


def _expire(now: datetime) -> int:
    done = 0
    while True:
        with reading() as session:  # in most runs nothing is due, and no writer has to wait
            if not marks_wiped(session, now, 1):
                return done
        with writing() as session:
            done += service.expire_wiped(session, now, BATCH_SIZE)


def _end_bans(now: datetime) -> int:
    done = 0
    while True:
        with reading() as session:
            if not bans_over(session, now, 1):
                return done
        with writing() as session:
            done += _end_some(session, now)


def _end_some(session: Session, now: datetime) -> int:
    bans = bans_over(session, now, BATCH_SIZE)
    lock_members(session, {ban.member_id for ban in bans if ban.member_id is not None})
    for ban in bans:
        session.refresh(ban)
        if ban.state != "in_force":
            continue
        booking_bans.end(session, ban, now)
        # Not of what was over long ago, as after the migration of an older version.
        recent = ban.ends_at > now - TOLD_FOR
        if ban.member_id and recent and not banned_until(session, ban.member_id, now):
            post_ban_ended(session, ban, now)
    return len(bans)
