"""What a plan of a holiday would affect."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zone.booking.closures.queries import (
    AffectedSession,
    DayQuestion,
    affected_by_dropping,
    question_of_day,
)
from zone.booking.holiday_plans.rules import HolidayPlan
from zone.places.campuses.queries import campus_by_code
from zone.places.opening_hours.queries import exception_on


def question_of_plan(
    session: Session, campus_codes: Sequence[str], plan: HolidayPlan, now: datetime, language: str
) -> DayQuestion | None:
    """Return what a plan at these campuses affects or replaces; None: nothing.

    Other hours that make way for the ordinary ones are meant to: only what then stands outside is
    asked about.
    """
    if plan.new is not None:
        return question_of_day(session, campus_codes, plan.new, now, language)
    day, affected = plan.holiday.day, list[AffectedSession]()
    campuses = [campus_by_code(session, code) for code in campus_codes]
    for campus in campuses:
        if exception_on(session, campus.id, day) is not None:
            affected += affected_by_dropping(session, campus, day, now)
    return DayQuestion(campuses, affected, dropped=day) if affected else None
