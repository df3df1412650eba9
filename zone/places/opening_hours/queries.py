"""Opening hours of campuses: the ordinary week, exceptions, and open windows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zone.core.time import Window, helsinki_date
from zone.places.opening_hours import rules
from zone.places.opening_hours.models import OpeningException, OpeningHours

Exceptions = Mapping[date, rules.DayHours | None]


@dataclass(slots=True)
class CampusHours:
    """The ordinary hours of a campus, and its days with other hours: the hours and the reason."""

    week: list[rules.Hours] = field(default_factory=list)
    exceptions: dict[date, rules.DayHours | None] = field(default_factory=dict)
    reasons: dict[date, str] = field(default_factory=dict)


def hours_by_campus(session: Session, first: date, last: date) -> dict[int, CampusHours]:
    """Return what decides when each campus is open from one day to another, by its id.

    A campus without any hours is missing.
    """
    found: dict[int, CampusHours] = defaultdict(CampusHours)
    # Columns, not entities: pages read the hours of all campuses at each request.
    for campus_id, weekday, opens, closes, valid_from, valid_until in session.execute(
        select(
            OpeningHours.campus_id,
            OpeningHours.weekday,
            OpeningHours.opens,
            OpeningHours.closes,
            OpeningHours.valid_from,
            OpeningHours.valid_until,
        ).where(
            OpeningHours.valid_from <= last,
            or_(OpeningHours.valid_until.is_(None), OpeningHours.valid_until >= first),
        )
    ):
        found[campus_id].week.append(rules.Hours(weekday, opens, closes, valid_from, valid_until))
    for exception in session.scalars(
        select(OpeningException).where(OpeningException.day.between(first, last))
    ):
        campus = found[exception.campus_id]
        campus.exceptions[exception.day] = hours_of(exception)
        campus.reasons[exception.day] = exception.reason
    return found


def open_windows(
    session: Session,
    campus_id: int,
    start: datetime,
    end: datetime,
    *,
    instead: Exceptions | None = None,
    ordinary: date | None = None,
    added: Sequence[rules.Hours] = (),
) -> list[Window]:
    """Return the open windows of a campus within [start, end) in order, as UTC instants.

    `instead` holds hours of days that are to be tried out; they replace the stored ones. Of the day
    `ordinary` the exception is left out. `added` are further ordinary hours.
    """
    exceptions = session.scalars(
        select(OpeningException).where(
            OpeningException.campus_id == campus_id,
            # The hours of the day before may end after midnight.
            OpeningException.day.between(helsinki_date(start) - rules.A_DAY, helsinki_date(end)),
        )
    )
    stored = {row.day: hours_of(row) for row in exceptions if row.day != ordinary}
    return rules.open_windows(
        [*_ordinary_hours(session, campus_id), *added],
        {**stored, **(instead or {})},
        start,
        end,
    )


def hours_of(exception: OpeningException) -> rules.DayHours | None:
    """Return the hours of an exception; None: closed."""
    return (exception.opens, exception.closes) if exception.opens and exception.closes else None


def exception_on(session: Session, campus_id: int, day: date) -> OpeningException | None:
    """Return the exception of a day, or None."""
    return session.scalar(
        select(OpeningException).where(
            OpeningException.campus_id == campus_id, OpeningException.day == day
        )
    )


def exceptions_from(session: Session, campus_id: int, day: date) -> Sequence[OpeningException]:
    """Return the exceptions from a day on, in order."""
    query = select(OpeningException).where(
        OpeningException.campus_id == campus_id, OpeningException.day >= day
    )
    return session.scalars(query.order_by(OpeningException.day)).all()


def week_on(session: Session, campus_id: int, day: date) -> list[tuple[int, list[rules.DayHours]]]:
    """Return (weekday, its ordinary hours) from Monday on, for the week of a day."""
    week = _ordinary_hours(session, campus_id)
    monday = day - timedelta(days=day.weekday())
    return [(n + 1, rules.hours_on(monday + timedelta(days=n), week, {})) for n in range(7)]


def _ordinary_hours(session: Session, campus_id: int) -> list[rules.Hours]:
    rows = session.scalars(select(OpeningHours).where(OpeningHours.campus_id == campus_id))
    return [_hours(row) for row in rows]


def _hours(row: OpeningHours) -> rules.Hours:
    return rules.Hours(row.weekday, row.opens, row.closes, row.valid_from, row.valid_until)
