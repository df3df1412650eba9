"""Read sessions: the timetable with places left, and what attendance and the figures need."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, undefer_group

from zone.booking.activities.models import Activity
from zone.booking.activities.rules import COUNTED_KINDS, ONLINE_KINDS, STAFF_KINDS
from zone.booking.allocations.models import Allocation, AllocationEvent
from zone.booking.bookings.models import Booking
from zone.booking.lotteries.models import LIVE_LOTTERY, Lottery, LotteryEntry
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.views import Names, SessionLottery, SessionView
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import Window
from zone.members.people.models import Member
from zone.places.campuses.models import Campus
from zone.places.spaces.models import Space
from zone.places.spaces.queries import space_by_id

_instructor = aliased(Member)
_waiting = aliased(QueueEntry)


def queue_length_of(session_id: InstrumentedAttribute[int]) -> Select[int]:
    """Return the SELECT of how many people wait for a session of another statement."""
    return select(func.count(_waiting.id)).where(
        _waiting.session_id == session_id, _waiting.state == "waiting"
    )


_IN_QUEUE = queue_length_of(ClassSession.id).correlate(ClassSession, QueueEntry)
QUEUE_LENGTH: Final = _IN_QUEUE.scalar_subquery()
"""How many people wait for a session."""

_PLACE: Final = _IN_QUEUE.where(_waiting.rank <= QueueEntry.rank).scalar_subquery()
"""The reader's place among them, counted from 1; 0 where the reader does not wait."""


@dataclass(frozen=True, slots=True)
class HeldSession:
    """A guided session that was held.

    It counts once, however many people led it or followed it online.
    """

    session_id: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    space_id: int | None = None


def select_sessions(member_id: int | None) -> Select[*tuple[Any, ...]]:
    """Return the SELECT of what `session_view_of` takes, with one member's bookings."""
    own = and_(
        Booking.session_id == ClassSession.id,
        Booking.member_id == member_id,
        Booking.state != "cancelled",
    )
    wait = and_(
        QueueEntry.session_id == ClassSession.id,
        QueueEntry.member_id == member_id,
        QueueEntry.state.in_(LIVE_STATES),
    )
    entry = and_(
        LotteryEntry.lottery_id == Lottery.id,
        LotteryEntry.member_id == member_id,
        LotteryEntry.state == "entered",
    )
    return (
        select(
            ClassSession,
            Space,
            Campus,
            Booking.public_id,
            QUEUE_LENGTH,
            QueueEntry.public_id,
            _PLACE,
            Booking.created_at,
            Booking.cancel_until,
            _instructor.name,
            QueueEntry.offered_until,
            Lottery.public_id,
            Lottery.opens_at,
            Lottery.draws_at,
            LotteryEntry.ticket,
        )
        .outerjoin(Space, Space.id == ClassSession.space_id)
        .outerjoin(Campus, Campus.id == Space.campus_id)
        .outerjoin(_instructor, _instructor.id == ClassSession.instructor_id)
        .outerjoin(Booking, own)
        .outerjoin(QueueEntry, wait)
        .outerjoin(Lottery, and_(Lottery.session_id == ClassSession.id, LIVE_LOTTERY))
        .outerjoin(LotteryEntry, entry)
    )


def session_view_of(class_session: ClassSession, *of_row: Any) -> SessionView:
    """Return the view of a row of `select_sessions`."""
    activity = class_session.activity
    said = activity.id, activity.category, activity.level, activity.root
    return view_of(class_session, said, *of_row)


def view_of(
    allocation: Allocation,
    said: tuple[int | None, str, str, uuid.UUID | None],
    space: Space | None,
    campus: Campus | None,
    booking: uuid.UUID | None,
    queue_length: int = 0,
    queue_entry: uuid.UUID | None = None,
    queue_place: int | None = None,
    booked_at: datetime | None = None,
    promised_until: datetime | None = None,
    instructor: str | None = None,
    offered_until: datetime | None = None,
    *lottery: Any,
) -> SessionView:
    """Return the view of an allocation; `said`: its activity, kind of exercise, level
    and root; `lottery`: the columns of a live one, NULL where there is none.
    """
    activity_id, category, level, root = said
    return SessionView(
        id=allocation.public_id,
        kind=allocation.kind,
        name=_names(allocation),
        category=category,
        campus=campus.code if campus else None,
        campus_name=campus.name if campus else None,
        space=_names(space) if space else None,
        starts_at=allocation.starts_at,
        ends_at=allocation.ends_at,
        capacity=allocation.capacity,
        bookable=allocation.bookable,
        booked=allocation.booked,
        state=allocation.state,
        booking=booking,
        queue_length=queue_length,
        queue_entry=queue_entry,
        # Whom a place is offered waits no more; those before them were passed over.
        queue_place=None if offered_until else queue_place or None,
        version=allocation.version,
        booked_at=booked_at,
        promised_until=promised_until,
        level=level,
        instructor=instructor,
        offered_until=offered_until,
        sequence=allocation.sequence,
        activity_id=activity_id,
        root=root,
        lottery=SessionLottery(*lottery) if any(lottery) else None,
    )


def _names(row: Allocation | Space) -> Names:
    return {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en}


def sessions(
    session: Session,
    window: Window,
    *,
    member_id: int | None = None,
    campus: str | None = None,
    sees_hidden: bool = False,
) -> list[SessionView]:
    """Return the public sessions that start in `window`, with the reader's own bookings.

    Hidden ones only where the reader `sees_hidden`, and for those who have booked or wait.
    """
    query = select_sessions(member_id).where(
        _visible(sees_hidden, member_id),
        ClassSession.starts_at >= window[0],
        ClassSession.starts_at < window[1],
    )
    if campus:
        query = query.where(Campus.code == campus)
    return [
        session_view_of(*row)
        for row in session.execute(query.order_by(ClassSession.starts_at, ClassSession.id))
    ]


def sessions_led_by(session: Session, instructor_id: int, window: Window) -> list[SessionView]:
    """Return the sessions of an instructor that start in `window`, cancelled ones too."""
    query = select_sessions(None).where(
        ClassSession.instructor_id == instructor_id,
        ClassSession.starts_at >= window[0],
        ClassSession.starts_at < window[1],
    )
    return [
        session_view_of(*row)
        for row in session.execute(query.order_by(ClassSession.starts_at, ClassSession.id))
    ]


def session_view(
    session: Session,
    public_id: uuid.UUID,
    *,
    member_id: int | None = None,
    sees_hidden: bool = False,
) -> SessionView:
    """Return one public session; a hidden one as `sessions` does.

    Raises:
        DomainError: not_found.
    """
    query = select_sessions(member_id).where(
        ClassSession.public_id == public_id, _visible(sees_hidden, member_id)
    )
    row = session.execute(query).first()
    if row is None:
        raise DomainError(NOT_FOUND)
    return session_view_of(*row)


def about(session: Session, public_id: uuid.UUID) -> tuple[Names, Names]:
    """Return what a session is about, and what to bring; texts are empty where nothing is said."""
    row = session.scalars(
        select(Activity)
        .join(ClassSession, ClassSession.activity_id == Activity.id)
        .where(ClassSession.public_id == public_id)
        .options(undefer_group("about"))
        .execution_options(populate_existing=True)
    ).one()
    return (
        {"fi": row.description_fi, "sv": row.description_sv, "en": row.description_en},
        {"fi": row.bring_fi, "sv": row.bring_sv, "en": row.bring_en},
    )


def _visible(sees_hidden: bool, member_id: int | None) -> ColumnElement[bool]:
    if sees_hidden:
        return true()
    shown = ClassSession.kind.not_in(STAFF_KINDS)
    if member_id is None:
        return shown
    # Of a SELECT of `select_sessions`, which joins what the reader has booked and waits for.
    return or_(shown, Booking.id.is_not(None), QueueEntry.id.is_not(None))


def session_row(session: Session, public_id: uuid.UUID) -> ClassSession:
    """Return the row of a session that exists."""
    return session.scalars(select(ClassSession).where(ClassSession.public_id == public_id)).one()


def campus_of(session: Session, space_id: int | None) -> int | None:
    """Return the campus of a space; None online."""
    return None if space_id is None else space_by_id(session, space_id).campus_id


def may_see_people(session: Session, allocation: Allocation, actor: Actor) -> bool:
    """Return whether an actor may see who comes: an instructor to their own sessions only."""
    campus = campus_of(session, allocation.space_id)
    if not actor.may(Permission.ATTENDANCE_READ, campus=campus):
        return False
    # Nobody leads a reservation.
    led = isinstance(allocation, ClassSession) and allocation.instructor_id == actor.id
    return led or actor.may(Permission.ATTENDANCE_READ_ALL, campus=campus)


def session_view_by_id(session: Session, session_id: int, *, member_id: int) -> SessionView:
    """Return one session by its row, which exists."""
    return session_view_of(
        *session.execute(select_sessions(member_id).where(ClassSession.id == session_id)).one()
    )


def held_sessions(session: Session, window: Window, as_of: datetime) -> list[HeldSession]:
    """Return the guided sessions in `window` that were held, as recorded at `as_of`, by start."""
    # The newest event recorded by `as_of` decides, not `state`: a later correction leaves old
    # figures as they were.
    order = func.row_number().over(
        partition_by=AllocationEvent.allocation_id,
        # By the id, which is given under the session's lock: of two that wait for it the later one
        # may be recorded earlier.
        order_by=AllocationEvent.id.desc(),
    )
    ranked = (
        select(AllocationEvent.allocation_id, AllocationEvent.kind, order.label("age"))
        .join(ClassSession, ClassSession.id == AllocationEvent.allocation_id)
        .where(AllocationEvent.recorded_at <= as_of, *_within(window))
        .subquery()
    )
    rows = session.execute(
        select(
            ClassSession.id,
            ClassSession.kind,
            ClassSession.starts_at,
            ClassSession.ends_at,
            ClassSession.space_id,
        )
        .join(ranked, ranked.c.allocation_id == ClassSession.id)
        .where(
            # Target B: what was planned and then cancelled, also after the fact, is not held.
            ranked.c.age == 1,
            ranked.c.kind == "held",
            ClassSession.kind.in_(COUNTED_KINDS),
            # Target B counts live online sessions, not videos on demand.
            or_(ClassSession.kind.not_in(ONLINE_KINDS), ClassSession.live),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    return [HeldSession(*row) for row in rows]


def _within(window: Window) -> tuple[ColumnElement[bool], ...]:
    return (ClassSession.starts_at >= window[0], ClassSession.starts_at < window[1])
