"""A day with other hours, or closed: what it hits, and calling that off. `zone.places` knows only the hours."""

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
from zone.core.time import day_window
from zone.places.campuses.models import Campus
from zone.places.opening_hours import service as opening_hours
from zone.places.opening_hours.errors import DAY_ALREADY_SET
from zone.places.opening_hours.models import OpeningException
from zone.places.opening_hours.queries import exception_on, hours_of, open_windows
from zone.places.opening_hours.rules import DayHours, is_open
from zone.places.spaces.models import Space

NEAR: Final = timedelta(days=1)
"""Opening hours are read from so far around the day: what runs over midnight needs both days."""


@dataclass(frozen=True, slots=True)
class AffectedSession:
    """A session or a booked space that would fall outside the hours. `booked`: how many had booked it."""

    session: ClassSession
    space: Space
    booked: int


def hits(
    session: Session, campus: Campus, day: date, hours: DayHours | None, now: datetime
) -> list[AffectedSession]:
    """What is to come on a day and would not lie within these hours, in order of start."""
    start, end = day_window(day)
    windows = open_windows(session, campus.id, start - NEAR, end + NEAR, instead={day: hours})
    return [
        AffectedSession(found, space, found.booked)
        for found, space in session.execute(
            select(ClassSession, Space)
            .join(Space, Space.id == ClassSession.space_id)
            .where(
                Space.campus_id == campus.id,
                ClassSession.state == "scheduled",
                ClassSession.starts_at > now,
                ClassSession.starts_at < end,
                ClassSession.ends_at > start,
            )
            .order_by(ClassSession.starts_at, ClassSession.id)
        )
        if not is_open(windows, found.starts_at, found.ends_at)
    ]


def set_day(
    session: Session,
    campus: Campus,
    new: NewDay,
    *,
    cancel: bool,
    replace: bool,
    actor_id: int,
    now: datetime,
) -> list[AffectedSession]:
    """Give a day other hours or close it; answers what falls outside of them.

    1. Lock the spaces of the campus: who is booking one is done first, who comes later sees the new hours.
    2. Set the hours. A day that has others already is changed only with `replace`.
    3. With `cancel`, call off what they hit and tell those who booked; without, it stays and is only named.

    Raises:
        DomainError: day_already_set with `current`: the hours it has.
    """
    _lock_campus(session, campus)
    before = exception_on(session, campus.id, new.day)
    was = None if before is None else described(before)
    if (
        before is not None
        and not replace
        and (hours_of(before), before.reason) != (new.hours, new.reason)
    ):
        raise DomainError(DAY_ALREADY_SET, current=was)
    opens, closes = new.hours or (None, None)
    opening_hours.set_exception(
        session, campus_id=campus.id, day=new.day, opens=opens, closes=closes, reason=new.reason
    )
    hit = hits(session, campus, new.day, new.hours, now)
    if cancel:
        _call_off(session, hit, actor_id, new.reason, now)
    _audit_day(session, campus, new.day, was, _now(session, campus, new.day), actor_id, now)
    return hit


def _lock_campus(session: Session, campus: Campus) -> None:
    """Let one at a time set the days of a campus, while nobody books or places a class there.

    Only as strongly as that needs (NO KEY UPDATE against their SHARE): a session whose place is passed on looks its
    space up once more (KEY SHARE), and would wait here while this waits for the session.
    """
    spaces = select(Space.id).where(Space.campus_id == campus.id).order_by(Space.id)
    session.execute(spaces.with_for_update(key_share=True))


def _call_off(
    session: Session, hit: Sequence[AffectedSession], actor_id: int, reason: str, now: datetime
) -> None:
    for one in hit:
        lock_session(session, one.session.id)
        session.refresh(one.session)
        if (
            one.session.state == "cancelled"
        ):  # by its booker, or by another manager, since it was read
            continue
        call_off(session, one.session, actor_id=actor_id, reason=reason, now=now)
        if one.session.kind != "own_use":
            waitlist.close(session, one.session.id, now, SESSION_CANCELLED)


def drop_day(session: Session, campus: Campus, day: date, *, actor_id: int, now: datetime) -> None:
    """Let the ordinary hours hold again. What was called off stays so.

    Raises:
        DomainError: not_found: the day has no other hours.
    """
    _lock_campus(session, campus)
    exception = exception_on(session, campus.id, day)
    if exception is None:
        raise DomainError(NOT_FOUND)
    was = described(exception)
    opening_hours.drop_exception(session, exception)
    _audit_day(session, campus, day, was, None, actor_id, now)


def described(exception: OpeningException) -> dict[str, str | None]:
    """A day's hours as they are written down and shown: `closed` has no times."""
    hours = hours_of(exception)
    return {
        "day": exception.day.isoformat(),
        "opens": hours[0].isoformat("minutes") if hours else None,
        "closes": hours[1].isoformat("minutes") if hours else None,
        "reason": exception.reason,
    }


def _now(session: Session, campus: Campus, day: date) -> dict[str, str | None] | None:
    exception = exception_on(session, campus.id, day)
    return None if exception is None else described(exception)


def _audit_day(
    session: Session,
    campus: Campus,
    day: date,
    before: dict[str, str | None] | None,
    after: dict[str, str | None] | None,
    actor_id: int,
    now: datetime,
) -> None:
    record_action(
        session,
        actor_id=actor_id,
        action="campus.day",
        object_kind="campus",
        object_id=f"{campus.code} {day}",
        before=before,
        after=after,
        now=now,
    )
