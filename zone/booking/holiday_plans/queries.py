"""What a plan of a holiday would affect."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zone.booking.closures.queries import (
    AffectedSession,
    DayQuestion,
    affected_by_dropping,
    affected_sessions,
    question_of_day,
)
from zone.booking.holiday_plans.rules import HolidayPlan
from zone.places.campuses.queries import campus_by_code, campuses
from zone.places.holidays.queries import planned_holidays
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


def undecided(session: Session, plan: HolidayPlan) -> list[str]:
    """Return the codes of the campuses at which nobody has planned the holiday of a plan."""
    day = plan.holiday.day
    return [
        campus.code
        for planned in planned_holidays(session, day, day)
        for campus in planned.unplanned
    ]


def question_of_plans(
    session: Session, plans: Sequence[HolidayPlan], now: datetime
) -> DayQuestion | None:
    """Return what these plans affect at the campuses that have none of the holiday; None: nothing.

    Nothing is replaced there, and the ordinary hours affect nothing.
    """
    everywhere = {campus.code: campus for campus in campuses(session)}
    # By the id of the session: one over midnight may lie outside of the hours of two days.
    affected: dict[int, AffectedSession] = {}
    for plan in plans:
        if plan.new is None:
            continue
        for code in undecided(session, plan):
            new = plan.new
            for item in affected_sessions(session, everywhere[code], new.day, new.hours, now):
                affected.setdefault(item.session.id, item)
    if not affected:
        return None
    by_start = sorted(affected.values(), key=lambda item: item.session.starts_at)
    return DayQuestion(list(everywhere.values()), by_start, days=len(plans))
