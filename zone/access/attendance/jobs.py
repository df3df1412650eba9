"""The job that settles bookings of ended sessions: attended, or a no-show."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.access.attendance import context, queries
from zone.access.attendance.rules import DoorEvidence, absence_is_proven, doors_heard
from zone.access.bridges.rules import SETTLE_AFTER
from zone.booking.attendance_marks.rules import DoorHeard
from zone.booking.no_shows.queries import bookings_to_settle
from zone.booking.no_shows.service import mark_attended, mark_no_shows
from zone.booking.sessions.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import Window
from zone.members.people.service import lock_members

# A bridge may be offline for 7 days and be repaired late. A booking that has not settled after 30
# days stays open and is not checked again.
SETTLE_WITHIN: Final = timedelta(days=30)


def settle(_settings: Settings, now: datetime) -> int:
    """Settle the bookings of ended sessions as attended or no-show; return how many settled.

    Presence is proven by an attendance, and by whoever saw the person. Absence is proven when all
    doors that prove presence in the space were healthy, their bridges have uploaded everything up
    to the last moment of arrival, and the person was not seen at the session just before, by the
    desk, or at such a door. A booking with neither proof stays open and is checked again for 30
    days.
    """
    # In a read-only transaction: in most runs nothing is due, and no writer has to wait.
    with reading() as session:
        due = bookings_to_settle(session, now - SETTLE_WITHIN, now - SETTLE_AFTER)
        attended, absent = _attended_and_absent(session, due, now)
    if not attended and not absent:
        return 0
    with writing() as session:
        # What was judged before the lock may be old. Of those who were seen each UPDATE names the
        # states that it may change.
        settled = mark_attended(session, attended, now)
        still = _still_absent(session, due, absent, now)
        # What the doors proved goes with the marks: nobody could find it out a term later.
        doors = _doors_heard(session, {row[1] for row in due if row[0] in still}, now)
        return settled + mark_no_shows(session, still, now, doors)


def _still_absent(
    session: Session, due: Iterable[tuple[int, int, int]], absent: Collection[int], now: datetime
) -> list[int]:
    """Return those of the bookings whose absence is still proven, their members locked."""
    judged = [row for row in due if row[0] in absent]
    # Whoever records that a person was seen holds the lock of the member, and finds no mark to take
    # back: nobody would look at it again.
    lock_members(session, {member_id for _, _, member_id in judged})
    return _attended_and_absent(session, judged, now)[1] if judged else []


def _attended_and_absent(
    session: Session, due: Iterable[tuple[int, int, int]], now: datetime
) -> tuple[list[int], list[int]]:
    """Return the bookings of people who were seen, and of those whose absence is proven.

    `due` holds (booking, session, member).
    """
    session_ids = {session_id for _, session_id, _ in due}
    seen = queries.members_seen(session, session_ids)
    proven = _sessions_with_proof(session, session_ids, now)
    excused = (
        seen | queries.members_staying(session, proven) | queries.members_nearby(session, proven)
    )
    attended = [
        booking_id for booking_id, session_id, member_id in due if (session_id, member_id) in seen
    ]
    absent = [
        booking_id
        for booking_id, session_id, member_id in due
        if session_id in proven and (session_id, member_id) not in excused
    ]
    return attended, absent


def _sessions_with_proof(session: Session, session_ids: Iterable[int], now: datetime) -> set[int]:
    """Return the sessions at which a person without an entry was surely absent."""
    return {
        id_
        for id_, (doors, arrivals) in _evidence(session, session_ids).items()
        if absence_is_proven(doors, arrivals, now)
    }


def _doors_heard(
    session: Session, session_ids: Iterable[int], now: datetime
) -> dict[int, list[DoorHeard]]:
    """Return the doors that surely saw whoever came to each of these sessions."""
    found = _evidence(session, session_ids)
    return {id_: doors_heard(doors, arrivals, now) for id_, (doors, arrivals) in found.items()}


def _evidence(
    session: Session, session_ids: Iterable[int]
) -> dict[int, tuple[list[DoorEvidence], Window]]:
    """Return what is known of the doors of each session, and its time of arrivals.

    Without those at which the campus was closed: the doors let nobody in.
    """
    sessions = queries.sessions_in_spaces(session, session_ids)
    if not sessions:
        return {}
    arrivals = {
        row.id: (row.starts_at - ARRIVE_BEFORE, row.starts_at + ARRIVE_AFTER) for row in sessions
    }
    within = (min(start for start, _ in arrivals.values()), max(at for _, at in arrivals.values()))
    closed = queries.sessions_outside_hours(session, arrivals)
    evidence = context.evidence_of_spaces(session, {row.space_id for row in sessions}, within)
    return {
        row.id: (evidence[row.space_id], arrivals[row.id])
        for row in sessions
        if row.id not in closed
    }
