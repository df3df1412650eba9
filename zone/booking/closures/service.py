"""Change the hours of a day or of a week of a campus, and find or cancel what falls outside.

`zone.places` stores the hours; it may not import booking.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from zone.booking.closures.queries import (
    AffectedSession,
    affected_by_dropping,
    affected_by_week,
    affected_sessions,
    described,
    described_day,
)
from zone.booking.closures.rules import NewDay
from zone.booking.messages.service import post_cancellation
from zone.booking.seats.service import lock_session
from zone.booking.sessions.errors import SESSION_CANCELLED
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.service import cancel_with_bookings
from zone.booking.waitlist import service as waitlist
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.places.campuses.queries import campus_by_code
from zone.places.opening_hours import service as opening_hours
from zone.places.opening_hours.errors import DAY_ALREADY_SET, DAY_PAST
from zone.places.opening_hours.queries import exception_on
from zone.places.opening_hours.rules import WeekChange
from zone.places.spaces.service import lock_spaces_of_campus

NIGHT: Final = timedelta(hours=6)
"""How long after its midnight the hours of a day may still be changed."""


def set_day(
    session: Session,
    actor: Actor,
    campus_code: str,
    new: NewDay,
    *,
    cancel: bool,
    replace: bool,
    now: datetime,
) -> list[AffectedSession]:
    """Give a day of one campus other hours; see `set_days`."""
    return set_days(session, actor, [campus_code], new, cancel=cancel, replace=replace, now=now)


def set_days(
    session: Session,
    actor: Actor,
    campus_codes: Collection[str],
    new: NewDay,
    *,
    cancel: bool,
    replace: bool,
    now: datetime,
) -> list[AffectedSession]:
    """Give days of these campuses the same hours, or close them; see `set_each`."""
    days = {(code, on_day.day): on_day for code in campus_codes for on_day in new.days}
    return set_each(session, actor, days, cancel=cancel, replace=replace, now=now)


def set_each(
    session: Session,
    actor: Actor,
    days: Mapping[tuple[str, date], NewDay],
    *,
    cancel: bool,
    replace: bool,
    now: datetime,
) -> list[AffectedSession]:
    """Give days of campuses, by code and day, other hours or close them; return what falls outside.

    A day that already has other hours is changed only with `replace`. With `cancel`, what falls
    outside is cancelled, with a mail to those who booked that names its day's reason; without, it
    stays.

    Raises:
        DomainError: not_found; forbidden; day_past; day_already_set with `current`: the hours that
            it has.
    """
    found = {campus_by_code(session, code) for code, _ in days}
    campuses = sorted(found, key=lambda campus: campus.id)
    for campus in campuses:
        actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    for _, day in days:
        refuse_past(day, now)
    # Before the hours are read: a running reservation commits first and is found below, a later one
    # reads the new hours. And those of all campuses before any session: who reserves a space holds
    # it while waiting for a person whose session would be locked here.
    for campus in campuses:
        lock_spaces_of_campus(session, campus.id)
    of_campus = {campus.code: campus for campus in campuses}
    wanted = [(of_campus[code], days[code, day]) for code, day in sorted(days)]
    # By the id of the session: one over midnight may lie outside of the hours of two days.
    outside: dict[int, tuple[AffectedSession, NewDay]] = {}
    before: list[dict[str, str | None] | None] = []
    for campus, new in wanted:
        before.append(described_day(session, campus.id, new.day))
        # The same hours again are no conflict: it is the second tap on the button.
        if not replace and before[-1] not in (None, described(new)):
            raise DomainError(DAY_ALREADY_SET, current=before[-1])
        # Before they are stored: sessions after midnight may lie in the hours that are replaced.
        for item in affected_sessions(session, campus, new.day, new.hours, now):
            outside.setdefault(item.session.id, (item, new))
        _store(session, campus.id, new)
    # By start over all campuses: so does whoever ends all bookings of a person.
    affected = sorted(
        outside.values(), key=lambda pair: (pair[0].session.starts_at, pair[0].session.id)
    )
    if cancel:
        _cancel(session, affected, actor.id, now)
    for (campus, new), was in zip(wanted, before, strict=True):
        _record_day(session, actor, campus.code, new.day, was, described(new), now)
    return [item for item, _ in affected]


def _store(session: Session, campus_id: int, new: NewDay) -> None:
    opens, closes = new.hours or (None, None)
    opening_hours.set_exception(
        session,
        campus_id=campus_id,
        day=new.day,
        opens=opens,
        closes=closes,
        reason=new.reason,
        reasons=new.reasons,
    )


def drop_day(
    session: Session, actor: Actor, campus_code: str, day: date, *, now: datetime
) -> list[AffectedSession]:
    """Restore the ordinary hours of a day; return the sessions that stand outside of these.

    Cancelled sessions stay cancelled.

    Raises:
        DomainError: forbidden; day_past; not_found: no such campus, or the day has no other hours.
    """
    campus = campus_by_code(session, campus_code)
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    refuse_past(day, now)
    # One transaction at a time sets days of a campus, without bookings meanwhile.
    lock_spaces_of_campus(session, campus.id)
    exception = exception_on(session, campus.id, day)
    if exception is None:
        raise DomainError(NOT_FOUND)
    before = described_day(session, campus.id, day)
    affected = affected_by_dropping(session, campus, day, now)
    opening_hours.delete_exception(session, exception)
    _record_day(session, actor, campus.code, day, before, None, now)
    return affected


def change_week(
    session: Session,
    actor: Actor,
    campus_code: str,
    change: WeekChange,
    *,
    now: datetime,
) -> list[AffectedSession]:
    """Change the ordinary hours of a campus; return the sessions that stand outside of them.

    Raises:
        DomainError: not_found; and those of `change_hours`.
    """
    campus = campus_by_code(session, campus_code)
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    lock_spaces_of_campus(session, campus.id)
    affected = affected_by_week(session, campus, change, now)
    opening_hours.change_hours(session, actor, campus, change, now=now)
    return affected


def refuse_past(day: date, now: datetime) -> None:
    """Refuse to change the hours of a day that is over.

    Raises:
        DomainError: day_past.
    """
    # What was open and who came is settled by then. A day's hours may end in the next night.
    if day < helsinki_date(now - NIGHT):
        raise DomainError(DAY_PAST)


def _cancel(
    session: Session,
    affected: Sequence[tuple[AffectedSession, NewDay]],
    actor_id: int,
    now: datetime,
) -> None:
    # One session is locked after the other, by start; the spaces' lock keeps a second `set_day` of
    # this campus from doing the same.
    for item, new in affected:
        lock_session(session, item.session.id)
        session.refresh(item.session)
        # Its booker or another manager may have cancelled it since it was read.
        if item.session.state == "cancelled":
            continue
        post = partial(post_cancellation, reasons=new.reasons)
        cancel_with_bookings(
            session, item.session, actor_id=actor_id, reason=new.reason, now=now, post=post
        )
        if isinstance(item.session, ClassSession):  # a reservation has no waitlist
            waitlist.close(session, item.session.id, now, SESSION_CANCELLED)


def _record_day(
    session: Session,
    actor: Actor,
    campus_code: str,
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
        object_id=f"{campus_code} {day}",
        before=before,
        after=after,
        now=now,
    )
