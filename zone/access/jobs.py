"""What the scheduler does for access. Each job is safe to run again, and to be killed anywhere."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session, aliased

from zone.access import alarms, feed, letters, queries, visits
from zone.access.models import (
    Attendance,
    BridgeChallenge,
    BridgeToken,
    Entry,
    Quarantine,
    Suspension,
    UsedCode,
    Visit,
)
from zone.access.rules import SETTLE_AFTER, absence_is_proven
from zone.booking.models import ClassSession
from zone.booking.queries import SLOTS_AHEAD, booked_between, bookings_to_settle
from zone.booking.rules import ARRIVE_AFTER
from zone.booking.service import mark_attended, mark_no_shows
from zone.config import Settings
from zone.db import reading, writing
from zone.jobs.queries import last_done
from zone.members.service import mark_roster

AT_ONCE: Final = 1000
"""Rows in one transaction of a sweep: keeps the writers' lock short."""
STAYS_WITHIN: Final = timedelta(minutes=30)
"""A pause between two sessions that a person may spend in the room: as long as one may come before a start."""
SETTLE_WITHIN: Final = timedelta(days=30)
"""How long a booking may still settle: a door may be on its own for 7 days, and be brought back late. After that it
stays open and is not looked at again."""
LOOK_BACK: Final = timedelta(days=9)
"""How far a job looks back that has never gone well: more than a door may be on its own."""


def derive_visits(_settings: Settings, now: datetime) -> int:
    """Visits from entries that the upload itself left pending; how many entries.

    Each transaction records its own time: with the job's, a long backlog would change figures as of a time long past.
    """
    done, started = 0, time.monotonic()
    while True:
        with writing() as session:
            step = visits.derive(session, now + timedelta(seconds=time.monotonic() - started))
        done += step
        if not step:
            return done


def settle(_settings: Settings, now: datetime) -> int:
    """Settle the bookings of sessions that have ended: who was seen, attended; who surely was not there is a no-show.

    Absence is only concluded when every door that proves presence in the space has told all that happened until the
    last moment to arrive, and of nobody who may have stayed on from the session before. Until then, and for ever if it
    does not come to that within 30 days, the booking stays open. Returns how many settled.
    """
    with reading() as session:
        due = bookings_to_settle(session, now - SETTLE_WITHIN, now - SETTLE_AFTER)
        seen, absent = _judge(session, due, now)
    if not seen and not absent:
        return 0
    with writing() as session:
        return mark_attended(session, seen, now) + mark_no_shows(session, absent, now)


def _judge(session: Session, due: Iterable[tuple[int, int, int]], now: datetime) -> tuple[list[int], list[int]]:
    """Bookings of people who were seen, and of those whose absence is proven."""
    sessions = {session_id for _, session_id, _ in due}
    attended = select(Attendance.session_id, Attendance.member_id).where(
        Attendance.session_id.in_(sessions), Attendance.retracted_at.is_(None)
    )
    seen = {(session_id, member_id) for session_id, member_id in session.execute(attended)}
    proven, stayed = _proven(session, sessions, now), stayed_on(session, sessions)
    present = [booking for booking, session_id, member_id in due if (session_id, member_id) in seen]
    absent = [
        booking
        for booking, session_id, member_id in due
        if (session_id, member_id) not in seen | stayed and session_id in proven
    ]
    return present, absent


def _proven(session: Session, session_ids: Iterable[int], now: datetime) -> set[int]:
    """The sessions whose doors have told everything, so that who was not seen was not there."""
    query = select(ClassSession.id, ClassSession.space_id, ClassSession.starts_at)
    rows = session.execute(query.where(ClassSession.id.in_(session_ids), ClassSession.space_id.is_not(None))).all()
    contacts = queries.contacts_of_spaces(session, [row.space_id for row in rows if row.space_id is not None])
    return {
        row.id
        for row in rows
        if row.space_id is not None and absence_is_proven(contacts[row.space_id], row.starts_at + ARRIVE_AFTER, now)
    }


def stayed_on(session: Session, session_ids: Iterable[int]) -> set[tuple[int, int | None]]:
    """(session, member) of people whom a door saw at another session in that space which had ended just before.

    Who stays for the next class passes no door, so nothing proves that they were not there.
    """
    this, earlier = aliased(ClassSession), aliased(ClassSession)
    rows = session.execute(
        select(this.id, this.starts_at, earlier.ends_at, Attendance.member_id)
        .join(earlier, and_(earlier.space_id == this.space_id, earlier.starts_at < this.starts_at))
        .join(Attendance, Attendance.session_id == earlier.id)
        .where(this.id.in_(session_ids), earlier.on_day == this.on_day, Attendance.retracted_at.is_(None))
    )
    return {(row.id, row.member_id) for row in rows if row.starts_at - row.ends_at <= STAYS_WITHIN}


def forget_people(settings: Settings, now: datetime) -> int:
    """Take the person out of door events older than the retention time; the events and all counts stay.

    Of a row that could not be read nobody knows whom it names, so all its words go.
    """
    before = now - settings.person_kept
    person: tuple[tuple[Any, dict[str, None], Any], ...] = (
        (Entry, {"holder": None, "kid": None}, or_(Entry.holder.is_not(None), Entry.kid.is_not(None))),
        (Visit, {"member_id": None}, Visit.member_id.is_not(None)),
        (Attendance, {"member_id": None}, Attendance.member_id.is_not(None)),
    )
    done = sum(_empty(model, values, named, before) for model, values, named in person)
    with writing() as session:
        session.execute(delete(UsedCode).where(UsedCode.occurred_at < before))
        session.execute(update(Quarantine).where(Quarantine.recorded_at < before).values(raw=""))
    return done


def _empty(model: Any, values: dict[str, None], named: Any, before: datetime) -> int:
    done = 0
    while True:
        with writing() as session:
            some = select(model.id).where(named, model.occurred_at < before).limit(AT_ONCE)
            step = session.scalars(update(model).where(model.id.in_(some)).values(values).returning(model.id)).all()
        done += len(step)
        if len(step) < AT_ONCE:
            return done


def turn_suspensions(_settings: Settings, now: datetime) -> int:
    """Tell the doors of suspensions that have ended by themselves since this was last done; how many people."""
    with writing() as session:
        since = _last_done(session, TURN, now)
        just_ended = and_(Suspension.ends_at > since, Suspension.ends_at <= now)
        members = session.scalars(select(Suspension.member_id).where(just_ended).distinct()).all()
        mark_roster(session, members, now)
    return len(members)


def mark_reach(_settings: Settings, now: datetime) -> int:
    """Tell the doors of bookings that have come within the days for which they keep them; how many people.

    What was booked further ahead was left out when the door was told of the booking itself.
    """
    with writing() as session:
        since = _last_done(session, REACH, now)
        members = booked_between(session, since + SLOTS_AHEAD, now + SLOTS_AHEAD)
        mark_roster(session, members, now)
    return len(members)


TURN: Final = "access.turn_suspensions"
REACH: Final = "access.mark_reach"


def _last_done(session: Session, job: str, now: datetime) -> datetime:
    return max(last_done(session, job) or now - LOOK_BACK, now - LOOK_BACK)


def watch_bridges(settings: Settings, now: datetime) -> int:
    """Open an alarm for each bridge that has gone silent and tell the managers once; how many bridges that were."""
    with writing() as session:
        silent = alarms.watch_silence(session, now)
        letters.tell_offline(session, silent, url=f"{settings.base_url}/status", now=now)
    return len(silent)


def tidy(_settings: Settings, now: datetime) -> int:
    """Shorten the feed's log, and delete the bridges' expired tokens and challenges; always 0."""
    with writing() as session:
        feed.compact(session)
        session.execute(delete(BridgeToken).where(BridgeToken.expires_at <= now))
        session.execute(delete(BridgeChallenge).where(BridgeChallenge.expires_at <= now))
    return 0
