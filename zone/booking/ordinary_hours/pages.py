"""The managers' page of the ordinary opening hours of a campus.

What a change leaves outside is shown before anything is set.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.closures import queries, service
from zone.booking.closures.pages import affected_rows, hours_text
from zone.booking.closures.queries import DayQuestion
from zone.booking.closures.rules import week_change
from zone.booking.ordinary_hours import views
from zone.booking.ordinary_hours.schemas import OrdinaryHoursForm
from zone.booking.ordinary_hours.views import HoursToCome
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.opening_hours import queries as opening_hours_queries
from zone.places.opening_hours.rules import DayHours, WeekChange
from zone.web import filters, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.weekdays import short_weekdays

pages: Final = Blueprint("booking_ordinary_hours_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/hours"

Week = Sequence[tuple[int, Sequence[DayHours]]]


@pages.get(PAGE)
@may(Permission.TIMETABLE_WRITE)
def week() -> str:
    """The ordinary week of a campus, and the form that changes it."""
    proposed = {"campus": request.args.get("campus"), "valid_from": helsinki_date(utc_now())}
    return _page(FormState(proposed), done=one_time.done())


@pages.post(PAGE)
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change_week() -> Response:
    """Set ordinary hours of some weekdays; first ask where sessions would stand outside."""
    return forms.handle(
        OrdinaryHoursForm(),
        _change,
        page=_page,
        then=lambda result: f"{PAGE}?{urlencode(result)}",
        ask=_ask,
        choices=lambda session: {"campus": _campuses(session)},
    )


def _ask(session: Session, data: Data) -> DayQuestion | None:
    return queries.question_of_week(session, data["campus"], _wanted(data), utc_now())


def _change(session: Session, data: Data) -> Data:
    campus = data["campus"]
    outside = service.change_week(session, current_actor(), campus, _wanted(data), now=utc_now())
    return {"campus": campus, "done": "kept" if outside else "set"}


def _wanted(data: Data) -> WeekChange:
    # What is typed is the whole day.
    second = {"opens": data["also_opens"], "closes": data["also_closes"]}
    also = None if second["opens"] is None else second
    return week_change(data | {"replace": True, "also": also})


def _campuses(session: Session) -> dict[str, str]:
    return {one.code: one.name for one in campuses_queries.campuses(session)}


def _page(state: FormState, *, done: str | None = None) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        campuses = _campuses(session)
        asked = state.values.get("campus")
        chosen = asked if asked in campuses else next(iter(campuses), None)
        shown: Week = []
        to_come: Sequence[HoursToCome] = []
        if chosen is not None:
            campus_id = campuses_queries.campus_by_code(session, chosen).id
            shown = opening_hours_queries.week_from(session, campus_id, today)
            hours = opening_hours_queries.ordinary_hours(session, campus_id)
            to_come = views.hours_to_come(hours, today)
    return hours_page(campuses, chosen, shown, to_come, state, today, done=done)


def hours_page(
    campuses: Mapping[str, str],
    chosen: str | None,
    week: Week,
    to_come: Sequence[HoursToCome],
    state: FormState,
    today: date,
    *,
    done: str | None = None,
) -> str:
    """Return the page of the ordinary week of the campus `chosen`; None: there is no campus."""
    question: DayQuestion | None = state.preview
    closed = _("closed")
    monday = today - timedelta(days=today.weekday())
    names = [filters.weekday(monday + timedelta(days=number), "long") for number in range(7)]
    sentences = {
        "campus": _("Choose the campus."),
        "weekdays": _("Choose one weekday or more."),
        "opens": _("Give both times, or none when it is closed."),
        "closes": _("Give both times, or none when it is closed."),
        "also_opens": _("The second opening begins on the same day after the first has closed."),
        "also_closes": _("Give both times, or none when it opens once."),
        "valid_from": _("Choose the first day: today or later."),
        "valid_until": _("Choose the last day, not before the first; none where it is closed."),
    }
    return render_template(
        "booking/ordinary_hours/hours.html",
        campuses=list(campuses.items()),
        chosen=chosen,
        campus_name=campuses.get(chosen or ""),
        week=[
            (names[weekday - 1], " + ".join(map(hours_text, openings)) or closed)
            for weekday, openings in week
        ],
        is_empty=not any(openings for _weekday, openings in week),
        to_come=[(_days(one.weekdays), hours_text(one.hours), one) for one in to_come],
        weekdays=[(str(number), name) for number, name in enumerate(names, start=1)],
        form=state,
        today=today,
        refusals=list(dict.fromkeys(state.sentences(sentences))),
        question=question,
        affected=affected_rows(question) if question else [],
        done={
            "set": _("The hours are set."),
            "kept": _(
                "The hours are set. What stands outside of them is not called off, and nobody is "
                "told. The doors stay shut then: call it off, or give these days other hours."
            ),
        }.get(done or ""),
    )


def _days(weekdays: Sequence[int]) -> str:
    names = short_weekdays()
    return ", ".join(names[weekday - 1] for weekday in weekdays)
