"""Check of what staff have to decide in time."""

from collections.abc import Iterator

from zone.core.time import helsinki_date
from zone.operation.doctor.findings import CheckContext, Finding, ok, warn
from zone.places.holidays.queries import PlannedHoliday, unplanned_holidays
from zone.places.holidays.rules import PLAN_AHEAD


def check_holidays(context: CheckContext) -> Iterator[Finding]:
    """Check that the public holidays of the next weeks are planned at every campus."""
    unplanned = unplanned_holidays(context.session, helsinki_date(context.now))
    for planned in unplanned:
        yield warn(
            "holidays",
            f"{planned.holiday.names['en']}, {planned.holiday.day}, is not planned at "
            f"{_where(planned)}: until then the ordinary hours hold, and classes are held",
            "Decide on the page /manage/holidays.",
        )
    if not unplanned:
        weeks = PLAN_AHEAD.days // 7
        yield ok("holidays", f"those of the next {weeks} weeks are planned")


def _where(planned: PlannedHoliday) -> str:
    if len(planned.unplanned) == len(planned.plans):
        return "any campus"
    return ", ".join(campus.code for campus in planned.unplanned)
