"""Create and cancel single sessions, change their places, and record which were held."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zone.booking.allocations.service import delete_holds_before, hold, release
from zone.booking.bookings.models import Booking
from zone.booking.messages.service import post_cancellation
from zone.booking.policies import queries as policies_queries
from zone.booking.seats.service import lock_session, record_bookings, session_id_of
from zone.booking.sessions import rules
from zone.booking.sessions.errors import CAPACITY_BELOW_BOOKED, CLASS_INVALID, SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession, SessionEvent
from zone.booking.sessions.queries import campus_of
from zone.booking.sessions.rules import ClassDetails
from zone.booking.waitlist import service as waitlist
from zone.booking.weekly_classes.models import SessionRule
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import FORBIDDEN, Actor, Permission
from zone.core.ids import new_public_id
from zone.core.time import Window, helsinki_date
from zone.core.versions import refuse_stale
from zone.members.roster_marks.service import mark_roster
from zone.places.spaces.queries import space_by_id

HOLDS_KEPT: Final = timedelta(days=1)
"""How long holds stay after their time."""


def create_session(
    session: Session,
    details: ClassDetails,
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    rule_id: int | None = None,
    held: Window | None = None,
) -> ClassSession:
    """Create one session, which holds its space for that time, or for `held` where it needs more.

    Raises:
        IntegrityError: a constraint refuses it, such as `uq_hold_part_slice` where the space is
            taken.
    """
    columns = asdict(details)
    percent = (
        columns.pop("bookable_percent")
        or policies_queries.policy(session.connection()).bookable_percent
    )
    # `on_day` is the Helsinki day: with `rule_id` it is the key that refuses a second expansion.
    created = ClassSession(
        public_id=new_public_id(),
        rule_id=rule_id,
        on_day=helsinki_date(start),
        starts_at=start,
        ends_at=end,
        bookable=rules.bookable_places(details.capacity, details.kind, percent),
        **columns,
    )
    session.add(created)
    session.flush()
    record_sessions(session, [created.id], "scheduled", occurred_at=now, now=now)
    if details.space_id is not None:
        # After the flush: a hold refers to the session's id. `uq_hold_part_slice` decides here
        # between two sessions of one time.
        parts = space_by_id(session, details.space_id).parts
        hold(session, created.id, parts, *(held or (start, end)))
    return created


def cancel_session(
    session: Session, actor: Actor, class_session: uuid.UUID, *, reason: str, now: datetime
) -> ClassSession:
    """Cancel a session with its bookings and its waitlist, and release its space.

    Without `timetable:write` an actor cancels only the sessions that they lead. A session that was
    recorded as held can be cancelled too: it turned out later that it was not.

    Raises:
        DomainError: forbidden, not_found, or session_cancelled: it already is.
    """
    actor.require(Permission.SESSIONS_CANCEL)
    row = session.scalar(select(ClassSession).where(ClassSession.public_id == class_session))
    # A reservation is its booker's: only they cancel it, or a closed day does.
    if row is None or row.kind == "own_use":
        raise DomainError(NOT_FOUND)
    campus = campus_of(session, row.space_id)
    if not actor.may(Permission.TIMETABLE_WRITE, campus=campus) and row.instructor_id != actor.id:
        raise DomainError(FORBIDDEN)
    cancel_with_bookings(session, row, actor_id=actor.id, reason=reason, now=now)
    waitlist.close(session, row.id, now, SESSION_CANCELLED)
    return row


def cancel_with_bookings(
    session: Session, class_session: ClassSession, *, actor_id: int, reason: str, now: datetime
) -> None:
    """Cancel a session or a reservation with its bookings; those who booked get a mail.

    Raises:
        DomainError: session_cancelled: it already is.
    """
    before = class_session.state
    # First: its UPDATE locks the session, and bookings come later in the order of `seats.service`.
    mark_cancelled(session, class_session, now=now, reason=reason, actor_id=actor_id)
    _cancel_bookings(session, class_session, reason, now)
    record_action(
        session,
        actor_id=actor_id,
        action="session.cancel",
        object_kind="session",
        object_id=class_session.public_id,
        before=before,
        after="cancelled",
        reason=reason,
        now=now,
    )


def mark_cancelled(
    session: Session,
    class_session: ClassSession,
    *,
    now: datetime,
    reason: str | None = None,
    actor_id: int | None = None,
) -> None:
    """Mark a session as cancelled and release its space.

    Raises:
        DomainError: session_cancelled: it already is.
    """
    # The condition decides between two who cancel at once: `class_session` may have been read
    # before the other committed.
    cancelled = session.execute(
        update(ClassSession)
        .where(ClassSession.id == class_session.id, ClassSession.state != "cancelled")
        # 0 in the same UPDATE: the callers cancel the bookings without releasing each seat.
        .values(state="cancelled", booked=0)
        .returning(ClassSession.id)
    )
    if cancelled.first() is None:
        raise DomainError(SESSION_CANCELLED)
    record_sessions(
        session,
        [class_session.id],
        "cancelled",
        occurred_at=now,
        now=now,
        reason=reason,
        actor_id=actor_id,
    )
    release(session, class_session.id)


def _cancel_bookings(
    session: Session, class_session: ClassSession, reason: str, now: datetime
) -> None:
    # Attended and missed bookings too: a session may turn out later not to have been held.
    cancelled = session.execute(
        update(Booking)
        .where(Booking.session_id == class_session.id, Booking.state != "cancelled")
        .values(state="cancelled")
        .returning(Booking.id, Booking.member_id)
    ).all()
    record_bookings(
        session, [id_ for id_, _ in cancelled], "cancelled", occurred_at=now, now=now, reason=reason
    )
    # A session of long ago may be cancelled too; its people are no longer known.
    member_ids = [member_id for _, member_id in cancelled if member_id is not None]
    mark_roster(session, member_ids, now)
    post_cancellation(session, class_session, member_ids, reason, now)


def set_capacity(
    session: Session,
    actor: Actor,
    class_session: uuid.UUID,
    capacity: int,
    *,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> ClassSession:
    """Change how many places a session has; places that become free go to the waitlist.

    The share that can be booked stays: that of its weekly class, or the policy's. `version` is the
    one that the editor read; None: any.

    Raises:
        DomainError: forbidden; not_found; edited_meanwhile; session_cancelled (also when it was
            held); class_invalid: more than the space holds; capacity_below_booked with the fewest
            places possible (`least`).
    """
    session_id = session_id_of(session, class_session)
    lock_session(session, session_id)
    # `populate_existing`: what was read before the lock may be stale, and `booked` decides below.
    row = session.get_one(ClassSession, session_id, populate_existing=True)
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, row.space_id))
    if row.state != "scheduled":
        raise DomainError(SESSION_CANCELLED)
    if version is not None:
        refuse_stale(row.version, version, ["capacity"])
    before = row.capacity
    _change_capacity(session, row, capacity)
    record_action(
        session,
        actor_id=actor.id,
        action="session.capacity",
        object_kind="session",
        object_id=row.public_id,
        before={"capacity": before},
        after={"capacity": capacity},
        reason=reason,
        now=now,
    )
    # In the same transaction, under the session's lock: no booking overtakes the waitlist.
    waitlist.promote(session, session_id, now)
    session.refresh(row)  # promotions changed `booked` by an UPDATE that the session did not see
    return row


def _change_capacity(session: Session, class_session: ClassSession, capacity: int) -> None:
    if (
        class_session.space_id is not None
        and capacity > space_by_id(session, class_session.space_id).capacity
    ):
        raise DomainError(CLASS_INVALID)
    # Not the present ratio: rounding down again and again would lose places.
    percent = _bookable_percent(session, class_session)
    bookable = rules.bookable_places(capacity, class_session.kind, percent)
    if bookable < class_session.booked:
        params = {
            "booked": class_session.booked,
            "least": rules.fewest_places(class_session.booked, percent),
        }
        raise DomainError(CAPACITY_BELOW_BOOKED, params=params)
    class_session.capacity, class_session.bookable = capacity, bookable
    class_session.version += 1
    session.flush()


def _bookable_percent(session: Session, class_session: ClassSession) -> int:
    own = session.scalar(
        select(SessionRule.bookable_percent).where(SessionRule.id == class_session.rule_id)
    )
    return own or policies_queries.policy(session.connection()).bookable_percent


def mark_held(session: Session, now: datetime) -> int:
    """Record that ended sessions were held, and delete past holds; return the number of sessions.

    The event's time is the end of the session, whenever it is recorded.
    """
    # One UPDATE with RETURNING: of two schedulers, one records each session.
    ended = session.execute(
        update(ClassSession)
        # `<=`: windows are half-open, so a session is over at its end.
        .where(ClassSession.state == "scheduled", ClassSession.ends_at <= now)
        .values(state="held")
        .returning(ClassSession.id, ClassSession.ends_at)
    ).all()
    for id_, ended_at in ended:
        record_sessions(session, [id_], "held", occurred_at=ended_at, now=now)
    delete_holds_before(session, now - HOLDS_KEPT)
    return len(ended)


def record_sessions(
    session: Session,
    session_ids: Iterable[int],
    kind: str,
    *,
    occurred_at: datetime,
    now: datetime,
    reason: str | None = None,
    actor_id: int | None = None,
) -> None:
    """Add an event to the history of some sessions."""
    values = {
        "kind": kind,
        "reason": reason,
        "actor_id": actor_id,
        "occurred_at": occurred_at,
        "recorded_at": now,
    }
    session.execute(insert(SessionEvent), [{"session_id": id_, **values} for id_ in session_ids])
