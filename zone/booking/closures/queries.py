"""What falls outside of other hours of a day, and the other hours that a day has."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.sessions.models import ClassSession
from zone.core.time import day_window
from zone.places.campuses.models import Campus
from zone.places.opening_hours.models import OpeningException
from zone.places.opening_hours.queries import hours_of, open_windows
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
        AffectedSession(class_session, space, class_session.booked)
        for class_session, space in session.execute(
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
        if not is_open(windows, class_session.starts_at, class_session.ends_at)
    ]


def described(exception: OpeningException) -> dict[str, str | None]:
    """Return a day's hours as the audit and refusals write them; a closed day has no times."""
    hours = hours_of(exception)
    return {
        "day": exception.day.isoformat(),
        "opens": hours[0].isoformat("minutes") if hours else None,
        "closes": hours[1].isoformat("minutes") if hours else None,
        "reason": exception.reason,
    }
