"""Opening hours of campuses: the ordinary week, exceptions, and open windows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.time import Window, helsinki_date
from zone.places.opening_hours import rules
from zone.places.opening_hours.models import OpeningException, OpeningHours

Exceptions = Mapping[date, rules.DayHours | None]


def open_windows(
    session: Session,
    campus_id: int,
    start: datetime,
    end: datetime,
    *,
    instead: Exceptions | None = None,
) -> list[Window]:
    """When a campus is open within [start, end), as UTC windows in order; `instead`: if some days had these hours."""
    week = session.scalars(select(OpeningHours).where(OpeningHours.campus_id == campus_id))
    exceptions = session.scalars(
        select(OpeningException).where(
            OpeningException.campus_id == campus_id,
            OpeningException.day.between(helsinki_date(start), helsinki_date(end)),
        )
    )
    return rules.open_windows(
        [
            rules.Hours(row.weekday, row.opens, row.closes, row.valid_from, row.valid_until)
            for row in week
        ],
        {**{row.day: hours_of(row) for row in exceptions}, **(instead or {})},
        start,
        end,
    )


def hours_of(exception: OpeningException) -> rules.DayHours | None:
    """The hours of a day that has its own; None where it is closed."""
    return (exception.opens, exception.closes) if exception.opens and exception.closes else None


def exception_on(session: Session, campus_id: int, day: date) -> OpeningException | None:
    """The other hours of a day, if it has any."""
    return session.scalar(
        select(OpeningException).where(
            OpeningException.campus_id == campus_id, OpeningException.day == day
        )
    )


def exceptions_from(session: Session, campus_id: int, day: date) -> Sequence[OpeningException]:
    """The days with other hours from a day on, in order."""
    query = select(OpeningException).where(
        OpeningException.campus_id == campus_id, OpeningException.day >= day
    )
    return session.scalars(query.order_by(OpeningException.day)).all()


def week_on(session: Session, campus_id: int, day: date) -> list[tuple[int, list[rules.DayHours]]]:
    """The ordinary hours of the seven weekdays from Monday on, as they are in the week of a day."""
    rows = session.scalars(select(OpeningHours).where(OpeningHours.campus_id == campus_id))
    week = [
        rules.Hours(row.weekday, row.opens, row.closes, row.valid_from, row.valid_until)
        for row in rows
    ]
    monday = day - timedelta(days=day.weekday())
    return [(n + 1, rules.hours_on(monday + timedelta(days=n), week, {})) for n in range(7)]
