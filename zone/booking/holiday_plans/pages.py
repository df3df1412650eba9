"""The managers' pages of public holidays: how each campus plans them.

What a plan affects is shown before anything is set.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.closures.pages import (
    EVERY,
    affected_rows,
    chosen_campuses,
    current_lines,
    with_campuses,
)
from zone.booking.closures.queries import DayQuestion
from zone.booking.closures.rules import parse_day
from zone.booking.closures.service import refuse_past
from zone.booking.holiday_plans import queries, service
from zone.booking.holiday_plans.rules import choice_of, plan_of, plans_of
from zone.booking.holiday_plans.schemas import HolidayPlanForm, holidays_form
from zone.booking.holiday_plans.views import (
    AskedPlan,
    HolidayChoice,
    HolidayRow,
    HolidaysPage,
    PlanLine,
    YearChip,
)
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import OWN_NAMES
from zone.core.identity import Permission
from zone.core.time import EARLIEST, LATEST, helsinki_date
from zone.places.calendar.pages import TAGS, state_text
from zone.places.holidays.queries import CampusPlan, PlannedHoliday, planned_holidays
from zone.places.holidays.queries import unplanned_holidays as unplanned
from zone.places.holidays.rules import PLAN_AHEAD, PlanState, holidays_between
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_holiday_plans_pages", __name__, template_folder="templates")

PATH: Final = "/manage/holidays"
A_YEAR: Final = timedelta(days=365)
"""How far ahead several holidays are planned in one form."""


@pages.get(PATH)
@may(Permission.PLANNING_READ)
def holidays() -> str:
    """Show the public holidays of a year with the plan of each campus."""
    today = helsinki_date(utc_now())
    year = _year(request.args.get("year"), today)
    with reading() as session:
        found = planned_holidays(session, date(year, 1, 1), date(year, 12, 31))
        return render_holidays(found, unplanned(session, today, A_YEAR), year, today, _done())


def _year(text: str | None, today: date) -> int:
    number = forms.whole_number(text or "")
    known = isinstance(number, int) and EARLIEST.year <= number < LATEST.year
    return int(number) if known else today.year


def _done() -> str | None:
    return {
        "set": _("The holiday is planned."),
        "kept": _(
            "The holiday is planned. What falls outside the hours is not called off, and nobody is "
            "told. The doors stay shut then: let people in at the desk, or call the sessions off."
        ),
        "called_off": _(
            "The holiday is planned. What fell outside the hours is called off, and who had booked "
            "is told."
        ),
        "several_set": _("The holidays are planned."),
        "several_kept": _(
            "The holidays are planned. What falls outside the hours is not called off, and nobody "
            "is told. The doors stay shut then: let people in at the desk, or call the sessions "
            "off."
        ),
        "several_called_off": _(
            "The holidays are planned. What fell outside the hours is called off, and who had "
            "booked is told."
        ),
    }.get(one_time.done() or "")


def render_holidays(
    found: Sequence[PlannedHoliday],
    missing: Sequence[PlannedHoliday],
    year: int,
    today: date,
    done: str | None = None,
) -> str:
    """Return the page of the holidays of a year. `missing`: those of the next year without a plan;
    of the next weeks they are named.
    """
    years = [one for one in range(year - 1, year + 2) if EARLIEST.year <= one < LATEST.year]
    page = HolidaysPage(
        [YearChip(one, f"{PATH}?year={one}", one == year) for one in years],
        [_row(planned, today) for planned in found],
        [one for one in missing if one.holiday.day <= today + PLAN_AHEAD],
        len(missing),
        done,
    )
    return render_template("booking/holiday_plans/holidays.html", page=page)


def _row(planned: PlannedHoliday, today: date) -> HolidayRow:
    holiday = planned.holiday
    return HolidayRow(
        holiday.day,
        holiday.names[language()],
        holiday.is_eve,
        f"{PATH}/{holiday.day}" if holiday.day >= today else None,
        plan_lines(planned, over=holiday.day < today),
    )


def plan_lines(planned: PlannedHoliday, *, over: bool = False) -> list[PlanLine]:
    """Return the plans of a holiday; campuses with the same are one line.

    Of one that is `over` nothing is left to plan: its ordinary hours have held.
    """
    names = planned.holiday.names
    same: dict[tuple[PlanState, str, str], list[str]] = {}
    for plan in planned.plans:
        said = plan.reasons or {}
        reason = "" if said == names else said.get(language(), "")
        state: PlanState = "normal" if over and plan.state == "unplanned" else plan.state
        key = (state, state_text(state, plan.hours), reason)
        same.setdefault(key, []).append(plan.campus.name)
    return [
        PlanLine(*TAGS[state], text, _together(campuses, planned.plans), reason)
        for (state, text, reason), campuses in same.items()
    ]


def _together(campuses: Sequence[str], every: Sequence[CampusPlan]) -> str:
    if len(campuses) == len(every) > 1:
        return str(_("all campuses"))
    return ", ".join(campuses)


@pages.get(f"{PATH}/unplanned")
@may(Permission.PLANNING_READ)
def unplanned_ones() -> str:
    """Show one form for all holidays of the next year that some campus has not planned."""
    return _several_page(FormState())


@pages.post(f"{PATH}/unplanned")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def plan_unplanned() -> Response:
    """Plan holidays at the campuses that have no plan; first ask where sessions fall outside."""
    days = _days_ahead()
    return forms.handle(
        holidays_form(days),
        partial(_plan_several, days),
        page=_several_page,
        then=lambda result: url_for("booking_holiday_plans_pages.holidays", **result),
        ask=lambda session, data: queries.question_of_plans(
            session, plans_of(days, data), utc_now()
        ),
    )


def _days_ahead() -> list[date]:
    today = helsinki_date(utc_now())
    return [holiday.day for holiday in holidays_between(today, today + A_YEAR)]


def _plan_several(days: Sequence[date], session: Session, data: forms.Data) -> forms.Data:
    plans, cancel = plans_of(days, data), data["confirm"] == "cancel"
    affected = service.plan_unplanned(session, current_actor(), plans, cancel=cancel, now=utc_now())
    done = ("several_called_off" if cancel else "several_kept") if affected else "several_set"
    return {"year": plans[0].holiday.day.year, "done": done}


def _several_page(state: FormState) -> str:
    with reading() as session:
        missing = unplanned(session, helsinki_date(utc_now()), A_YEAR)
    question: DayQuestion | None = state.preview
    return render_several(
        missing, state, AskedPlan("", affected=affected_rows(question)) if question else None
    )


def render_several(
    missing: Sequence[PlannedHoliday], state: FormState, asked: AskedPlan | None = None
) -> str:
    """Return the page that plans several holidays, and what is asked about them."""
    rows = [_choice(planned, state) for planned in missing]
    return render_template(
        "booking/holiday_plans/unplanned.html",
        rows=rows,
        plans=[("", _("Decide later")), *plan_choices()],
        key=state.key,
        sentences=[_("Look at the marked holidays.")] if state.errors else state.messages,
        asked=asked,
    )


def _choice(planned: PlannedHoliday, state: FormState) -> HolidayChoice:
    holiday = planned.holiday
    names = [campus.name for campus in planned.unplanned]
    typed = choice_of(holiday.day, state.values)
    return HolidayChoice(
        holiday.day,
        holiday.names[language()],
        holiday.is_eve,
        _together(names, planned.plans),
        *(str(typed[part] or "") for part in ("plan", "opens", "closes")),
    )


@pages.get(f"{PATH}/<day>")
@may(Permission.PLANNING_READ)
def one_holiday(day: str) -> str:
    """Show the form by which a holiday is planned, for the campuses that have no plan yet."""
    with reading() as session:
        planned = _planned(session, parse_day(day))
    return _form_page(planned.holiday.day, FormState(values_of(planned)))


@pages.post(f"{PATH}/<day>")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def plan_holiday(day: str) -> Response:
    """Plan a holiday; first ask where sessions fall outside or hours are replaced."""
    holiday = parse_day(day)
    with reading() as session:
        _planned(session, holiday)
    return forms.handle(
        with_campuses(HolidayPlanForm()),
        partial(_plan, holiday),
        page=partial(_form_page, holiday),
        then=lambda result: url_for(
            "booking_holiday_plans_pages.holidays", year=holiday.year, done=result["done"]
        ),
        ask=partial(_ask, holiday),
    )


def _planned(session: Session, day: date) -> PlannedHoliday:
    """Return a holiday with its plans.

    Raises:
        DomainError: not_found: the day is none.
    """
    found = planned_holidays(session, day, day)
    if not found:
        raise DomainError(NOT_FOUND)
    return found[0]


def values_of(planned: PlannedHoliday) -> dict[str, Any]:
    """Return what the form of a holiday begins with: the campuses to decide about, and its name."""
    undecided = [campus.code for campus in planned.unplanned]
    codes = [plan.campus.code for plan in planned.plans]
    return {
        "campuses": undecided or [EVERY, *codes],
        "plan": "closed",
        "reason": planned.holiday.reason,
        "reasons": dict(planned.holiday.names),
    }


def _plan(day: date, session: Session, data: forms.Data) -> forms.Data:
    cancel = data["confirm"] == "cancel"
    affected = service.plan_holiday(
        session,
        current_actor(),
        chosen_campuses(session, data),
        plan_of(day, data),
        cancel=cancel,
        replace=True,  # the question has shown the hours that are replaced
        now=utc_now(),
    )
    return {"done": ("called_off" if cancel else "kept") if affected else "set"}


def _ask(day: date, session: Session, data: forms.Data) -> DayQuestion | None:
    now = utc_now()
    refuse_past(day, now)
    codes = chosen_campuses(session, data)
    return queries.question_of_plan(session, codes, plan_of(day, data), now, language())


def _form_page(day: date, state: FormState) -> str:
    with reading() as session:
        planned = _planned(session, day)
    question: DayQuestion | None = state.preview
    return render_form(planned, state, _asked(question, len(planned.plans)) if question else None)


def _asked(question: DayQuestion, campuses: int) -> AskedPlan:
    names = [campus.name for campus in question.campuses]
    return AskedPlan(
        str(_("all campuses")) if len(names) == campuses > 1 else ", ".join(names),
        current_lines(question),
        affected_rows(question),
        question.same_hours,
        question.dropped is not None,
    )


def render_form(planned: PlannedHoliday, state: FormState, asked: AskedPlan | None = None) -> str:
    """Return the page of one holiday with its form, and with what is asked about it."""
    campuses = [(plan.campus.code, plan.campus.name) for plan in planned.plans]
    return render_template(
        "booking/holiday_plans/holiday.html",
        holiday=planned.holiday,
        lines=plan_lines(planned),
        campuses=campuses,
        every=EVERY,
        chosen=state.values.get("campuses", []),
        form={name: state.values.get(name) or "" for name in HolidayPlanForm().fields},
        reasons=state.values.get("reasons") or {},
        languages=OWN_NAMES,
        plans=plan_choices(),
        key=state.key,
        sentences=_messages(state),
        asked=asked,
    )


def plan_choices() -> list[tuple[str, str]]:
    """Return the plans that a holiday can have, with their names."""
    return [
        ("closed", _("Closed")),
        ("normal", _("Ordinary hours")),
        ("hours", _("Other hours")),
    ]


def _messages(state: FormState) -> list[str]:
    """Return one sentence for whatever field is wrong, else why the plan was refused."""
    if state.errors:
        return [_("Choose the campuses and a plan; other hours need both times.")]
    return list(state.messages)
