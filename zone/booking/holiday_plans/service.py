"""Plan public holidays at campuses. Never commits.

Closing and other hours are those of any day, see `zone.booking.closures`: what falls outside is
found, and cancelled if wanted.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zone.booking.closures import service as closures
from zone.booking.closures.queries import AffectedSession
from zone.booking.holiday_plans.queries import undecided
from zone.booking.holiday_plans.rules import HolidayPlan
from zone.core.audit.service import record_action
from zone.core.identity import Actor, Permission
from zone.places.campuses.queries import campus_by_code, campuses
from zone.places.holidays import service as holidays
from zone.places.opening_hours.queries import exception_on
from zone.places.spaces.service import lock_spaces_of_campus


def plan_holiday(
    session: Session,
    actor: Actor,
    campus_codes: Collection[str],
    plan: HolidayPlan,
    *,
    cancel: bool,
    replace: bool,
    now: datetime,
) -> list[AffectedSession]:
    """Plan a holiday at these campuses; return the sessions that fall outside of its hours.

    See `closures.service.set_days`. With the ordinary hours other ones are dropped, and what stands
    outside of them stays.

    Raises:
        DomainError: not_found; forbidden; day_past; day_already_set.
    """
    if plan.new is not None:
        return closures.set_days(
            session, actor, campus_codes, plan.new, cancel=cancel, replace=replace, now=now
        )
    found = {campus_by_code(session, code) for code in campus_codes}
    for campus in found:
        actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
    closures.refuse_past(plan.holiday.day, now)
    return [
        item
        for campus in sorted(found, key=lambda campus: campus.id)
        for item in _keep_ordinary(session, actor, (campus.id, campus.code), plan, now)
    ]


def plan_unplanned(
    session: Session, actor: Actor, plans: Sequence[HolidayPlan], *, cancel: bool, now: datetime
) -> list[AffectedSession]:
    """Plan holidays at every campus that has no plan of them; return what falls outside.

    What somebody has planned meanwhile stays as it is.

    Raises:
        DomainError: forbidden; day_past.
    """
    everywhere = {campus.code: campus for campus in campuses(session)}
    for campus in sorted(everywhere.values(), key=lambda campus: campus.id):
        actor.require(Permission.TIMETABLE_WRITE, campus=campus.id)
        # Before the plans are read: one transaction at a time plans a campus.
        lock_spaces_of_campus(session, campus.id)
    wanted = [(plan, code) for plan in plans for code in undecided(session, plan)]
    for plan, code in wanted:
        closures.refuse_past(plan.holiday.day, now)
        if plan.new is None:
            _keep_ordinary(session, actor, (everywhere[code].id, code), plan, now)
    days = {(code, plan.new.day): plan.new for plan, code in wanted if plan.new is not None}
    return closures.set_each(session, actor, days, cancel=cancel, replace=False, now=now)


def _keep_ordinary(
    session: Session, actor: Actor, campus: tuple[int, str], plan: HolidayPlan, now: datetime
) -> list[AffectedSession]:
    day, affected = plan.holiday.day, list[AffectedSession]()
    campus_id, code = campus
    # One transaction at a time plans a campus; the second finds what the first one noted.
    lock_spaces_of_campus(session, campus_id)
    if exception_on(session, campus_id, day) is not None:
        affected = closures.drop_day(session, actor, code, day, now=now)
    if holidays.keep_normal(session, campus_id, day, now):
        record_action(
            session,
            actor_id=actor.id,
            action="campus.holiday",
            object_kind="campus",
            object_id=f"{code} {day}",
            after={"plan": "normal"},
            now=now,
        )
    return affected
