"""Read the free sessions like a full one, and its queue, for those who are refused."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import Connection, case
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import STAFF_KINDS
from zone.booking.bookings import rules
from zone.booking.bookings.context import BookingCheck, RequestedSession, request_of
from zone.booking.bookings.rules import BookingRequest
from zone.booking.lotteries.models import Lottery
from zone.booking.policies.queries import all_policies
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import select_sessions, session_view_of
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist import queries as waitlist_queries
from zone.core.time import shift_days

# Read for everybody at once; of these each reader sees the first three that they may book.
CANDIDATES: Final = 20
# What a refusal offers may be a second old: booking it checks everything again.
CACHE_LASTS: Final = timedelta(seconds=1)
CACHE_SIZE: Final = 200

FreeSessions = list[tuple[SessionView, BookingRequest]]
"""Free sessions as they are shown, each with what the rules check."""


@dataclass(frozen=True, slots=True)
class AvailabilityCache:
    """Free sessions like a full one, and the length of its waitlist, as read at one moment.

    `every` is the policy of all groups of people.
    """

    read_at: datetime
    free: FreeSessions
    queue_length: int
    every: Policies


# Without a lock: two threads that find nothing both read, and the later entry stays.
_cache: Final[dict[uuid.UUID, AvailabilityCache]] = {}
"""By session. When booking opens, hundreds of people find the same session full within a second."""


def alternatives(
    connection: Connection, check: BookingCheck, now: datetime, *, most: int = 3
) -> list[SessionView]:
    """Return the next similar sessions that this person could book now, the same name first."""
    cached = _availability(connection, check.target, now)
    held_to = cached.every.for_groups(check.booker.groups)
    free = (
        view
        for view, requested in cached.free
        if not rules.check(requested, check.booker, held_to.of(view.activity_id), now)
    )
    return list(islice(free, most))


def queue_length(connection: Connection, check: BookingCheck, now: datetime) -> int:
    """Return how many people wait for a session, as of at most a second ago."""
    return _availability(connection, check.target, now).queue_length


def _availability(
    connection: Connection, target: RequestedSession, now: datetime
) -> AvailabilityCache:
    cached = _cache.get(target.public_id)
    # Also read again when the clock was set back.
    if cached is None or not timedelta() <= now - cached.read_at < CACHE_LASTS:
        # A simple bound on memory: all entries go at once.
        if len(_cache) > CACHE_SIZE:
            _cache.clear()
        with Session(connection) as session:
            every = all_policies(session, now)
            cached = AvailabilityCache(
                now,
                _read_free_like(session, target, every.widest("opens_days"), now),
                waitlist_queries.length(session, target.id),
                every,
            )
        _cache[target.public_id] = cached
    return cached


def _read_free_like(
    session: Session, target: RequestedSession, opens_days: int, now: datetime
) -> FreeSessions:
    same_name_first = case((ClassSession.name_en == target.name_en, 0), else_=1)
    like = select_sessions(None).join(Activity, Activity.id == ClassSession.activity_id)
    query = like.where(
        ClassSession.id != target.id,
        ClassSession.kind.not_in(STAFF_KINDS),
        ClassSession.state == "scheduled",
        Activity.category == target.category,
        ClassSession.booked < ClassSession.bookable,
        Lottery.id.is_(None),
        ClassSession.starts_at >= now,
        # Wider by an hour at its end, for the night of a clock change; `rules.check` is exact.
        ClassSession.starts_at <= shift_days(now, opens_days) + timedelta(hours=1),
    )
    rows = session.execute(
        query.order_by(same_name_first, ClassSession.starts_at, ClassSession.id).limit(CANDIDATES)
    )
    return [
        (session_view_of(*row), request_of(row[0], row[2].code if row[2] else None)) for row in rows
    ]
