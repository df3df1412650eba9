"""Close a day of a campus or give it other hours, and cancel sessions that fall outside.

`zone.places` stores the hours; it may not import booking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.closures.rules import NewDay
from zone.booking.seats.service import lock_session
from zone.booking.sessions.errors import SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.service import call_off
from zone.booking.waitlist import service as waitlist
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import day_window
from zone.places.campuses.models import Campus
from zone.places.opening_hours import service as opening_hours
from zone.places.opening_hours.errors import DAY_ALREADY_SET
from zone.places.opening_hours.models import OpeningException
from zone.places.opening_hours.queries import exception_on, hours_of, open_windows
from zone.places.opening_hours.rules import DayHours, is_open
from zone.places.spaces.models import Space

NEAR: Final = timedelta(days=1)
"""Opening hours are read from so far around the day: a session over midnight needs both days."""


@dataclass(frozen=True, slots=True)
class AffectedSession:
    """A session or a reservation that would fall outside the hours.

    `booked`: how many people had booked it.
    """

    session: ClassSession
    space: Space
    booked: int


def affected_sessions(
    session: Session, campus: Campus, day: date, hours: DayHours | None, now: datetime
) -> list[AffectedSession]:
    """Return the future sessions of a day that would not lie within these hours, by start."""
    start, end = day_window(day)
    windows = open_windows(session, campus.id, start - NEAR, end + NEAR, instead={day: hours})
    # Sessions that have begun stay: people are in them.
    return [
        AffectedSession(found, space, found.booked)
        for found, space in session.execute(
            select(ClassSession, Space)
            .join(Space, Space.id == ClassSession.space_id)
            .where(
                Space.campus_id == campus.id,
                ClassSession.state == "scheduled",
                ClassSession.starts_at > now,
                # Overlap of half-open windows: a session that ends at this midnight is the day
                # before's.
                ClassSession.starts_at < end,
                ClassSession.ends_at > start,
            )
            .order_by(ClassSession.starts_at, ClassSession.id)
        )
        if not is_open(windows, found.starts_at, found.ends_at)
    ]


def set_day(
    session: Session,
    actor: Actor,
    campus: Campus,
    new: NewDay,
    *,
    cancel: bool,
    replace: bool,
    now: datetime,
) -> list[AffectedSession]:
    """Give a day other hours or close it; return the sessions that fall outside.

    A day that already has other hours is changed only with `replace`. With `cancel`, what falls
    outside is cancelled, with a mail to those who booked; without, it stays.

    Raises:
        DomainError: forbidden; day_already_set with `current`: the hours that the day has.
    """
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    # Before the hours are read: a running reservation commits first and is found below, a later one
    # reads the new hours.
    _lock_campus(session, campus)
    stored = exception_on(session, campus.id, new.day)
    before = None if stored is None else described(stored)
    # The same hours again are no conflict: it is the second tap on the button.
    if (
        stored is not None
        and not replace
        and (hours_of(stored), stored.reason) != (new.hours, new.reason)
    ):
        raise DomainError(DAY_ALREADY_SET, current=before)
    opens, closes = new.hours or (None, None)
    opening_hours.set_exception(
        session, campus_id=campus.id, day=new.day, opens=opens, closes=closes, reason=new.reason
    )
    affected = affected_sessions(session, campus, new.day, new.hours, now)
    if cancel:
        _cancel(session, affected, actor.id, new.reason, now)
    after = exception_on(session, campus.id, new.day)
    _record_day(
        session, actor, campus, new.day, before, None if after is None else described(after), now
    )
    return affected


def drop_day(session: Session, actor: Actor, campus: Campus, day: date, *, now: datetime) -> None:
    """Restore the ordinary hours of a day. Cancelled sessions stay cancelled.

    Raises:
        DomainError: forbidden; not_found: the day has no other hours.
    """
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    _lock_campus(session, campus)
    exception = exception_on(session, campus.id, day)
    if exception is None:
        raise DomainError(NOT_FOUND)
    before = described(exception)
    opening_hours.delete_exception(session, exception)
    _record_day(session, actor, campus, day, before, None, now)


def described(exception: OpeningException) -> dict[str, str | None]:
    """Return a day's hours as the audit and refusals write them; a closed day has no times."""
    hours = hours_of(exception)
    return {
        "day": exception.day.isoformat(),
        "opens": hours[0].isoformat("minutes") if hours else None,
        "closes": hours[1].isoformat("minutes") if hours else None,
        "reason": exception.reason,
    }


def _lock_campus(session: Session, campus: Campus) -> None:
    """Let one transaction at a time set days of a campus, without bookings meanwhile."""
    spaces = select(Space.id).where(Space.campus_id == campus.id).order_by(Space.id)
    # NO KEY UPDATE against the FOR SHARE of bookings. FOR UPDATE would deadlock: a promotion from a
    # waitlist holds the session's row and takes KEY SHARE on the space, while this transaction
    # holds the space and cancels the session.
    session.execute(spaces.with_for_update(key_share=True))


def _cancel(
    session: Session,
    affected: Sequence[AffectedSession],
    actor_id: int,
    reason: str,
    now: datetime,
) -> None:
    # One session is locked after the other, by start; the spaces' lock keeps a second `set_day` of
    # this campus from doing the same.
    for item in affected:
        lock_session(session, item.session.id)
        session.refresh(item.session)
        # Its booker or another manager may have cancelled it since it was read.
        if item.session.state == "cancelled":
            continue
        call_off(session, item.session, actor_id=actor_id, reason=reason, now=now)
        # A reservation has no waitlist.
        if item.session.kind != "own_use":
            waitlist.close(session, item.session.id, now, SESSION_CANCELLED)


def _record_day(
    session: Session,
    actor: Actor,
    campus: Campus,
    day: date,
    before: dict[str, str | None] | None,
    after: dict[str, str | None] | None,
    now: datetime,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action="campus.day",
        object_kind="campus",
        object_id=f"{campus.code} {day}",
        before=before,
        after=after,
        now=now,
    )
