"""Set the ordinary hours of a campus, and other hours of a day. Never commits."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.places.campuses.models import Campus
from zone.places.campuses.service import lock_campus
from zone.places.opening_hours.errors import DAY_PAST
from zone.places.opening_hours.models import OpeningException, OpeningHours
from zone.places.opening_hours.queries import exception_on, hours_in
from zone.places.opening_hours.rules import Hours, WeekChange, changed_week


def change_hours(
    session: Session,
    actor: Actor,
    campus: Campus,
    change: WeekChange,
    *,
    now: datetime,
) -> None:
    """Change the ordinary hours of a campus for staff, and audit it.

    Raises:
        DomainError: forbidden; day_past; hours_invalid and hours_already_set, when the rows are
            written.
    """
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    # The hours of days that are over say whether an absence counts.
    if change.valid_from < helsinki_date(now):
        raise DomainError(DAY_PAST)
    # Two changes at once would leave the openings of both: as rows they do not conflict.
    lock_campus(session, campus.id)
    _store_week(session, campus.id, change)
    opens, closes = change.hours or (None, None)
    hours: dict[str, Any] = {
        "weekdays": sorted(set(change.weekdays)),
        "opens": opens,
        "closes": closes,
        "valid_from": change.valid_from,
        "valid_until": change.valid_until,
    }
    if change.also is not None:
        hours["also_opens"], hours["also_closes"] = change.also
    record_action(
        session,
        actor_id=actor.id,
        action="campus.hours",
        object_kind="campus",
        object_id=campus.code,
        after={name: str(value) for name, value in hours.items()},
        now=now,
    )


def _store_week(session: Session, campus_id: int, change: WeekChange) -> None:
    """Store what `changed_week` says: add and delete rows, and end those that go on no more."""
    stored = session.scalars(
        select(OpeningHours)
        .where(OpeningHours.campus_id == campus_id, OpeningHours.weekday.in_(set(change.weekdays)))
        .order_by(OpeningHours.id)
    ).all()
    rows: dict[Hours, list[OpeningHours]] = defaultdict(list)
    for row in stored:
        rows[_begun(hours_in(row))].append(row)
    for hours in changed_week([hours_in(row) for row in stored], change):
        same = rows[_begun(hours)]
        row = same.pop() if same else OpeningHours(campus_id=campus_id)
        row.weekday, row.opens, row.closes = hours.weekday, hours.opens, hours.closes
        row.valid_from, row.valid_until = hours.valid_from, hours.valid_until
        session.add(row)
    for left in rows.values():
        for row in left:
            session.delete(row)
    session.flush()


def _begun(hours: Hours) -> Hours:
    """Return hours without what a change of their row may change."""
    return replace(hours, closes=hours.opens, valid_until=None)


def set_hours(
    session: Session,
    *,
    campus_id: int,
    weekdays: Collection[int],
    opens: time,
    closes: time,
    valid_from: date,
    valid_until: date | None = None,
) -> None:
    """Add ordinary hours of some weekdays (1 Monday … 7 Sunday), Helsinki wall-clock time."""
    for weekday in sorted(weekdays):
        session.add(
            OpeningHours(
                campus_id=campus_id,
                weekday=weekday,
                opens=opens,
                closes=closes,
                valid_from=valid_from,
                valid_until=valid_until,
            )
        )
    session.flush()


def set_exception(
    session: Session,
    *,
    campus_id: int,
    day: date,
    opens: time | None,
    closes: time | None,
    reason: str,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Set the hours of one day; None: closed. Another call for the day replaces the first.

    `reasons` says why in single languages.
    """
    exception = exception_on(session, campus_id, day)
    if exception is None:
        exception = OpeningException(campus_id=campus_id, day=day)
        session.add(exception)
    exception.opens, exception.closes, exception.reason = opens, closes, reason
    for language in LANGUAGES:
        setattr(exception, f"reason_{language}", reasons.get(language, ""))
    session.flush()


def delete_exception(session: Session, exception: OpeningException) -> None:
    """Delete an exception, so that the ordinary hours apply again."""
    session.delete(exception)
    session.flush()
