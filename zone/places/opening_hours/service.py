"""Set the ordinary hours of a campus, and other hours of a day. Never commits."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.places.campuses.models import Campus
from zone.places.opening_hours.errors import DAY_PAST
from zone.places.opening_hours.models import OpeningException, OpeningHours
from zone.places.opening_hours.queries import exception_on


def change_hours(
    session: Session,
    actor: Actor,
    campus: Campus,
    *,
    weekdays: Collection[int],
    opens: time,
    closes: time,
    valid_from: date,
    valid_until: date | None,
    now: datetime,
) -> None:
    """Add ordinary hours of a campus for staff, and audit it; see `set_hours`.

    Raises:
        DomainError: forbidden; day_past; hours_invalid and hours_already_set, when the rows are
            written.
    """
    actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    # The hours of days that are over say whether an absence counts.
    if valid_from < helsinki_date(now):
        raise DomainError(DAY_PAST)
    hours: dict[str, Any] = {
        "weekdays": sorted(set(weekdays)),
        "opens": opens,
        "closes": closes,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    set_hours(session, campus_id=campus.id, **hours)
    record_action(
        session,
        actor_id=actor.id,
        action="campus.hours",
        object_kind="campus",
        object_id=campus.code,
        after={name: str(value) for name, value in hours.items()},
        now=now,
    )


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
