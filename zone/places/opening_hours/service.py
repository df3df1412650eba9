"""Set the ordinary hours of a campus, and other hours of a day. Never commits."""

from collections.abc import Collection
from datetime import date, time

from sqlalchemy.orm import Session

from zone.places.opening_hours.models import OpeningException, OpeningHours
from zone.places.opening_hours.queries import exception_on


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
    """The ordinary hours of some weekdays (1 Monday … 7 Sunday) from a day on, in Helsinki wall-clock time."""
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
) -> None:
    """Other hours on one day; without times the campus is closed. A second call for the day replaces the first."""
    exception = exception_on(session, campus_id, day)
    if exception is None:
        exception = OpeningException(campus_id=campus_id, day=day)
        session.add(exception)
    exception.opens, exception.closes, exception.reason = opens, closes, reason
    session.flush()


def drop_exception(session: Session, exception: OpeningException) -> None:
    """Let the ordinary hours hold again."""
    session.delete(exception)
    session.flush()
