"""Plan that a campus keeps its ordinary hours on a public holiday. Never commits.

Closing it, or other hours, are an exception of the opening hours: see `zone.booking.holiday_plans`.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.places.holidays.models import NormalHoliday
from zone.places.holidays.queries import is_normal


def keep_normal(session: Session, campus_id: int, day: date, now: datetime) -> None:
    """Note that the ordinary hours of a holiday hold; once noted, it stays."""
    if not is_normal(session, campus_id, day):
        session.add(NormalHoliday(campus_id=campus_id, day=day, planned_at=now))
        session.flush()
