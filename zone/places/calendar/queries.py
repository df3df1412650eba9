"""Read the calendar of a campus: breaks, public holidays, days with other hours."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.places.calendar.rules import CalendarEntry, breaks
from zone.places.holidays.queries import planned_holidays
from zone.places.opening_hours.queries import exceptions_from, hours_of
from zone.places.terms.queries import terms


def calendar(
    session: Session, campus_id: int | None, first: date, last: date, now: datetime
) -> list[CalendarEntry]:
    """Return what is not as usual from one day to another, both included, by day.

    Without a campus only breaks and holidays. A holiday is one entry, whatever hours it has.
    """
    found = [
        entry
        for term in terms(session, now)
        for entry in breaks(
            term.weeks, max(first, term.season.starts_on), min(last, term.season.ends_on)
        )
    ]
    holidays = planned_holidays(session, first, last)
    for planned in holidays:
        plan = next((one for one in planned.plans if one.campus.id == campus_id), None)
        day, names = planned.holiday.day, planned.holiday.names
        found.append(
            CalendarEntry("holiday", day, day, names, plan.state, plan.hours)
            if plan
            else CalendarEntry("holiday", day, day, names)
        )
    if campus_id is not None:
        known = {planned.holiday.day for planned in holidays}
        for row in exceptions_from(session, campus_id, first, last):
            if row.day not in known:
                hours = hours_of(row)
                found.append(
                    CalendarEntry(
                        "other_hours",
                        row.day,
                        row.day,
                        row.reasons,
                        "hours" if hours else "closed",
                        [hours] if hours else [],
                    )
                )
    return sorted(found, key=lambda entry: (entry.first, entry.kind))
