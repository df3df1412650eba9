"""Opening hours of campuses: the ordinary week, exceptions, and open windows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from zone.core.time import Window, helsinki_date
from zone.places.opening_hours import rules
from zone.places.opening_hours.models import OpeningException, OpeningHours

Exceptions = Mapping[date, rules.DayHours | None]


@dataclass(slots=True)
class CampusHours:
    """The ordinary hours of a campus, and its days with other hours.

    `reasons` says why a day has them, by language.
    """

    week: list[rules.Hours] = field(default_factory=list)
    exceptions: dict[date, rules.DayHours | None] = field(default_factory=dict)
    reasons: dict[date, dict[str, str]] = field(default_factory=dict)


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
        campus.reasons[exception.day] = exception.reasons
    return found


def open_windows(
    session: Session,
    campus_id: int,
    start: datetime,
    end: datetime,
    *,
    instead: Exceptions | None = None,
    ordinary: date | None = None,
    change: rules.WeekChange | None = None,
) -> list[Window]:
    """Return the open windows of a campus within [start, end) in order, as UTC instants.

    `instead` holds hours of days that are to be tried out; they replace the stored ones. Of the day
    `ordinary` the exception is left out. `change` is one of the ordinary hours, to be tried out.
    """
    exceptions = session.scalars(
        select(OpeningException).where(
            OpeningException.campus_id == campus_id,
            # The hours of the day before may end after midnight.
            OpeningException.day.between(helsinki_date(start) - rules.A_DAY, helsinki_date(end)),
        )
    )
    stored = {row.day: hours_of(row) for row in exceptions if row.day != ordinary}
    week = ordinary_hours(session, campus_id)
    return rules.open_windows(
        week if change is None else rules.changed_week(week, change),
        {**stored, **(instead or {})},
        start,
        end,
    )


_hours_of_week, _exception = OpeningHours.__table__, OpeningException.__table__


def with_hours(base: FromClause, campus_id: ColumnElement[int]) -> FromClause:
    """Join each campus with its hours that matter on a day; for `is_open_in`.

    Give the parameters of `hours_around`.
    """
    # Hours of the day before may end after midnight.
    week, exception = _hours_of_week.c, _exception.c
    weekday = or_(*(week.weekday == bindparam(name) for name in ("weekday", "weekday_before")))
    day = or_(*(exception.day == bindparam(name) for name in ("day", "day_before")))
    return base.outerjoin(_hours_of_week, and_(week.campus_id == campus_id, weekday)).outerjoin(
        _exception, and_(exception.campus_id == campus_id, day)
    )


HOURS: Final = (
    _hours_of_week.c.id.label("hours_id"),
    _hours_of_week.c.weekday,
    _hours_of_week.c.opens,
    _hours_of_week.c.closes,
    _hours_of_week.c.valid_from,
    _hours_of_week.c.valid_until,
    _exception.c.day.label("other_day"),
    _exception.c.opens.label("other_opens"),
    _exception.c.closes.label("other_closes"),
)
"""The columns of `with_hours` that `is_open_in` reads."""


def hours_around(at: datetime) -> dict[str, object]:
    """Return the parameters of `with_hours` for an instant."""
    day = helsinki_date(at)
    before = day - rules.A_DAY
    return {
        "day": day,
        "day_before": before,
        "weekday": day.isoweekday(),
        "weekday_before": before.isoweekday(),
    }


def is_open_in(rows: Sequence[Any], at: datetime) -> bool:
    """Return whether the campus in these rows of `with_hours` is open at that instant."""
    # Each row is one of the hours with one of the exceptions; the outer joins give None.
    week = {
        row.hours_id: rules.Hours(
            row.weekday, row.opens, row.closes, row.valid_from, row.valid_until
        )
        for row in rows
        if row.hours_id is not None
    }
    exceptions = {
        row.other_day: _day_hours(row.other_opens, row.other_closes)
        for row in rows
        if row.other_day is not None
    }
    moment = at + timedelta(microseconds=1)
    return bool(rules.open_windows(list(week.values()), exceptions, at, moment))


def hours_of(exception: OpeningException) -> rules.DayHours | None:
    """Return the hours of an exception; None: closed."""
    return _day_hours(exception.opens, exception.closes)


def _day_hours(opens: time | None, closes: time | None) -> rules.DayHours | None:
    return (opens, closes) if opens and closes else None


def exception_on(session: Session, campus_id: int, day: date) -> OpeningException | None:
    """Return the exception of a day, or None."""
    return session.scalar(
        select(OpeningException).where(
            OpeningException.campus_id == campus_id, OpeningException.day == day
        )
    )


def exceptions_from(
    session: Session, campus_id: int, day: date, last: date | None = None
) -> Sequence[OpeningException]:
    """Return the exceptions from a day on, in order, up to the day `last` where it is given."""
    query = select(OpeningException).where(
        OpeningException.campus_id == campus_id, OpeningException.day >= day
    )
    if last is not None:
        query = query.where(OpeningException.day <= last)
    return session.scalars(query.order_by(OpeningException.day)).all()


def week_on(session: Session, campus_id: int, day: date) -> list[tuple[int, list[rules.DayHours]]]:
    """Return (weekday, its ordinary hours) from Monday on, for the week of a day."""
    week = ordinary_hours(session, campus_id)
    monday = day - timedelta(days=day.weekday())
    return [(n + 1, rules.hours_on(monday + timedelta(days=n), week, {})) for n in range(7)]


def week_from(
    session: Session, campus_id: int, day: date
) -> list[tuple[int, list[rules.DayHours]]]:
    """Return (weekday, its ordinary hours) from Monday on, for the seven days from a day on."""
    week = ordinary_hours(session, campus_id)
    days = [day + timedelta(days=n) for n in range(7)]
    return sorted((one.isoweekday(), rules.hours_on(one, week, {})) for one in days)


def ordinary_hours(session: Session, campus_id: int) -> list[rules.Hours]:
    """Return all ordinary hours of a campus, past ones and those to come too."""
    rows = session.scalars(select(OpeningHours).where(OpeningHours.campus_id == campus_id))
    return [hours_in(row) for row in rows]


def hours_in(row: OpeningHours) -> rules.Hours:
    """Return the ordinary hours of a row."""
    return rules.Hours(row.weekday, row.opens, row.closes, row.valid_from, row.valid_until)
