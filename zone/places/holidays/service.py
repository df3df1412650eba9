"""Plan that a campus keeps its ordinary hours on a public holiday. Never commits.

Closing it, or other hours, are an exception of the opening hours: see `zone.booking.holiday_plans`.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.db.statements import insert_new
from zone.places.holidays.models import NormalHoliday


def keep_normal(session: Session, campus_id: int, day: date, now: datetime) -> bool:
    """Note that the ordinary hours of a holiday hold, and return whether that is new."""
    row = {"campus_id": campus_id, "day": day, "planned_at": now}
    # Two may decide it at once: the same decision needs no refusal.
    return bool(insert_new(session, NormalHoliday, [row], NormalHoliday.id))
