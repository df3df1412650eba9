"""What people read: the timetable with places left, their own bookings, and what else is free."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from zone.booking import rules, waitlist
from zone.booking.facts import Target, Verdict, wish_of
from zone.booking.models import Booking, ClassSession, QueueEntry
from zone.booking.rules import Policy, Wish
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import Window
from zone.places.models import Campus, Space

PAST_SHOWN: Final = timedelta(days=120)
CANDIDATES: Final = 20
HINT_LASTS: Final = timedelta(seconds=1)
HINTS_KEPT: Final = 200
Names = dict[str, str]
"""A name in fi, sv and en."""


@dataclass(frozen=True, eq=False)
class SessionView:
    """A session as anyone reads it, at one moment; `space` and `campus` are None online.

    `booking` is the reader's own live booking, `queue_entry` their place in the queue, the `queue_place`-th of
    `queue_length`.
    """

    id: uuid.UUID
    kind: str
    name: Names
    category: str
    campus: str | None
    campus_name: str | None
    space: Names | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    bookable: int
    booked: int
    state: str
    booking: uuid.UUID | None
    queue_length: int = 0
    queue_entry: uuid.UUID | None = None
    queue_place: int | None = None

    @property
    def left(self) -> int:
        """How many places can still be booked."""
        return self.bookable - self.booked

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    def status(self, policy: Policy, now: datetime) -> str:
        """cancelled, past, booked, queued, full (one may wait), late (full, and one may not), soon (booking is not open
        yet), closed (booking is over), or free.
        """
        conditions = (
            ("cancelled", self.state == "cancelled"),
            ("past", self.ends_at <= now),
            ("booked", self.booking is not None),
            ("closed", now > self.starts_at - timedelta(minutes=policy.closes_minutes)),
            ("queued", self.left <= 0 and self.queue_entry is not None),
            ("full", self.left <= 0 and now <= self.cancel_until(policy)),
            ("late", self.left <= 0),
            ("soon", now < self.opens_at(policy)),
        )
        return next((name for name, holds in conditions if holds), "free")

    def opens_at(self, policy: Policy) -> datetime:
        """When booking opens."""
        return self.starts_at - timedelta(days=policy.opens_days)

    def cancel_until(self, policy: Policy) -> datetime:
        """Until when a booking can be cancelled."""
        return self.starts_at - timedelta(minutes=policy.cancel_minutes)


@dataclass(frozen=True, slots=True)
class BookingView:
    """A person's booking with its session. `state`: booked, cancelled, attended, no_show.

    `promoted`: the place came from the queue. `companions` come along to a space for own use.
    """

    id: uuid.UUID
    state: str
    session: SessionView
    promoted: bool
    companions: int


def _sessions(member_id: int | None) -> Select[*tuple[Any, ...]]:
    own = and_(Booking.session_id == ClassSession.id, Booking.member_id == member_id, Booking.state != "cancelled")
    wait = and_(
        QueueEntry.session_id == ClassSession.id, QueueEntry.member_id == member_id, QueueEntry.state == "waiting"
    )
    return (
        select(ClassSession, Space, Campus, Booking.public_id, _LENGTH, QueueEntry.public_id, _PLACE)
        .outerjoin(Space, Space.id == ClassSession.space_id)
        .outerjoin(Campus, Campus.id == Space.campus_id)
        .outerjoin(Booking, own)
        .outerjoin(QueueEntry, wait)
    )


_waiting = aliased(QueueEntry)
_IN_QUEUE = (
    select(func.count(_waiting.id))
    .where(_waiting.session_id == ClassSession.id, _waiting.state == "waiting")
    .correlate(ClassSession, QueueEntry)
)
_LENGTH: Final = _IN_QUEUE.scalar_subquery()
_PLACE: Final = _IN_QUEUE.where(_waiting.id <= QueueEntry.id).scalar_subquery()
"""How many wait, and how many of them up to the reader; 0 where the reader does not."""


def _view(
    found: ClassSession, space: Space | None, campus: Campus | None, booking: uuid.UUID | None,
    queue_length: int = 0, queue_entry: uuid.UUID | None = None, queue_place: int | None = None,
) -> SessionView:  # fmt: skip
    return SessionView(
        id=found.public_id, kind=found.kind, name=_names(found), category=found.category,
        campus=campus.code if campus else None, campus_name=campus.name if campus else None,
        space=_names(space) if space else None, starts_at=found.starts_at, ends_at=found.ends_at,
        capacity=found.capacity, bookable=found.bookable, booked=found.booked, state=found.state, booking=booking,
        queue_length=queue_length, queue_entry=queue_entry, queue_place=queue_place or None,
    )  # fmt: skip


def _names(thing: ClassSession | Space) -> Names:
    return {"fi": thing.name_fi, "sv": thing.name_sv, "en": thing.name_en}


def sessions(
    session: Session, window: Window, *, member_id: int | None = None, campus: str | None = None
) -> list[SessionView]:
    """The public sessions that start in `window`, in order, with the reader's own bookings marked."""
    query = _sessions(member_id).where(
        ClassSession.kind != "own_use", ClassSession.starts_at >= window[0], ClassSession.starts_at < window[1]
    )
    if campus:
        query = query.where(Campus.code == campus)
    return [_view(*row) for row in session.execute(query.order_by(ClassSession.starts_at, ClassSession.id))]


def session_view(session: Session, public_id: uuid.UUID, *, member_id: int | None = None) -> SessionView:
    """One public session.

    Raises:
        DomainError: not_found.
    """
    query = _sessions(member_id).where(ClassSession.public_id == public_id, ClassSession.kind != "own_use")
    row = session.execute(query).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    return _view(*row)


def session_view_by_id(session: Session, session_id: int, *, member_id: int) -> SessionView:
    """The same by the session's number, which is known to be one."""
    return _view(*session.execute(_sessions(member_id).where(ClassSession.id == session_id)).one())


def alternatives(connection: Connection, verdict: Verdict, now: datetime, *, most: int = 3) -> list[SessionView]:
    """The next sessions like one with a place that this person could book now: same name first, then category."""
    wanted, held = verdict.target, verdict.standing
    free = (
        view for view, wish in _hint(connection, wanted, now).free if not rules.check(wish, held, wanted.policy, now)
    )
    return list(islice(free, most))


def queue_length(connection: Connection, verdict: Verdict, now: datetime) -> int:
    """How many wait for a session, as of at most a second ago."""
    return _hint(connection, verdict.target, now).queue_length


Free = list[tuple[SessionView, Wish]]


@dataclass(frozen=True, slots=True)
class Hint:
    """What else is free like a session, and how many wait for it."""

    read_at: datetime
    free: Free
    queue_length: int


_recent: Final[dict[uuid.UUID, Hint]] = {}
"""What was so a moment ago: a crowd that finds a session full asks the same within a second."""


def _hint(connection: Connection, wanted: Target, now: datetime) -> Hint:
    hint = _recent.get(wanted.public_id)
    if hint is None or not timedelta() <= now - hint.read_at < HINT_LASTS:
        if len(_recent) > HINTS_KEPT:
            _recent.clear()
        with Session(connection) as session:
            hint = Hint(now, _read_free_like(session, wanted, now), waitlist.length(session, wanted.id))
        _recent[wanted.public_id] = hint
    return hint


def _read_free_like(session: Session, wanted: Target, now: datetime) -> Free:
    like = case((ClassSession.name_en == wanted.name_en, 0), else_=1)
    query = _sessions(None).where(
        ClassSession.id != wanted.id,
        ClassSession.kind != "own_use",
        ClassSession.state == "scheduled",
        ClassSession.category == wanted.category,
        ClassSession.booked < ClassSession.bookable,
        ClassSession.starts_at >= now + timedelta(minutes=wanted.policy.closes_minutes),
        ClassSession.starts_at <= now + timedelta(days=wanted.policy.opens_days),
    )
    rows = session.execute(query.order_by(like, ClassSession.starts_at, ClassSession.id).limit(CANDIDATES))
    return [(_view(*row), wish_of(row[0], row[2].code if row[2] else None)) for row in rows]


def bookings(session: Session, member_id: int, now: datetime) -> list[BookingView]:
    """A person's bookings by start: those to come, and those of the last four months. Spaces for own use too."""
    query = _bookings(member_id).where(ClassSession.starts_at > now - PAST_SHOWN)
    return [_booking(*row) for row in session.execute(query.order_by(ClassSession.starts_at, Booking.id))]


def booking_view(session: Session, member_id: int, public_id: uuid.UUID) -> BookingView:
    """One of a person's bookings.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(_bookings(member_id).where(Booking.public_id == public_id)).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    return _booking(*row)


def queue_places(session: Session, member_id: int) -> list[SessionView]:
    """The sessions for which a person waits, by start."""
    query = _sessions(member_id).where(QueueEntry.id.is_not(None))
    return [_view(*row) for row in session.execute(query.order_by(ClassSession.starts_at, ClassSession.id))]


def _bookings(member_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Booking, ClassSession, Space, Campus, QueueEntry.id, _LENGTH)
        .join(ClassSession, ClassSession.id == Booking.session_id)
        .outerjoin(Space, Space.id == ClassSession.space_id)
        .outerjoin(Campus, Campus.id == Space.campus_id)
        .outerjoin(QueueEntry, QueueEntry.booking_id == Booking.id)
        .where(Booking.member_id == member_id)
    )


def _booking(
    booking: Booking, found: ClassSession, space: Space | None, campus: Campus | None, entry_id: int | None,
    queue_length: int,
) -> BookingView:  # fmt: skip
    view = _view(found, space, campus, booking.public_id, queue_length)
    return BookingView(booking.public_id, booking.state, view, entry_id is not None, booking.companions)
