"""The managers' page of the ordinary week of a campus: its hours, from a day on."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.closures import service
from zone.booking.closures.pages import affected_rows, hours_text
from zone.booking.closures.queries import DayQuestion, affected_by_week
from zone.booking.opening_weeks.schemas import WeekForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.opening_hours import queries as opening_hours_queries
from zone.places.opening_hours.rules import DayHours, Hours
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.weekdays import short_weekdays

pages: Final = Blueprint("booking_opening_weeks_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/opening-hours"


@pages.get(PAGE)
@may(Permission.TIMETABLE_WRITE)
def ordinary_week() -> str:
    """The ordinary week of a campus, and the form that sets the hours of some weekdays."""
    return _page(FormState({"campus": request.args.get("campus", "")}))


@pages.post(PAGE)
@may(Permission.TIMETABLE_WRITE)
@shows_again
def set_week() -> Response:
    """Set the hours of some weekdays; first ask where sessions fall outside."""
    return forms.handle(
        WeekForm(),
        _set_week,
        page=_page,
        then=lambda result: url_for(
            "booking_opening_weeks_pages.ordinary_week", campus=result["campus"], done="saved"
        ),
        ask=_ask,
        choices=lambda session: {
            "campus": [row.code for row in campuses_queries.campuses(session)]
        },
    )


def _set_week(session: Session, data: Data) -> Data:
    values = {name: value for name, value in data.items() if name not in ("campus", "confirm")}
    service.change_week(session, current_actor(), data["campus"], **values, now=utc_now())
    return {"campus": data["campus"]}


def _ask(session: Session, data: Data) -> DayQuestion | None:
    """Return what would fall outside of the hours; None: nothing."""
    campus = campuses_queries.campus_by_code(session, data["campus"])
    hours = [
        Hours(
            weekday,
            opens=data["opens"],
            closes=data["closes"],
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
        )
        for weekday in data["weekdays"]
    ]
    affected = affected_by_week(session, campus, data["valid_from"], hours, utc_now())
    return DayQuestion([campus], affected) if affected else None


def _page(state: FormState) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        campuses = campuses_queries.campuses(session)
        chosen = state.values.get("campus")
        campus = next((row for row in campuses if row.code == chosen), next(iter(campuses), None))
        week = opening_hours_queries.week_on(session, campus.id, today) if campus else []
    return render_template(
        "booking/opening_weeks/week.html",
        campus=campus,
        campuses=[(row.code, row.name) for row in campuses],
        week=_week_rows(week),
        weekdays=[(str(n), name) for n, name in enumerate(short_weekdays(), start=1)],
        today=today,
        form=state,
        values={"valid_from": today.isoformat()} | dict(state.values),
        chosen=[str(day) for day in state.values.get("weekdays", ())],
        affected=affected_rows(state.preview) if state.preview else [],
        refusals=state.sentences(_sentences()),
        done=one_time.done() is not None,
    )


def _sentences() -> dict[str, str]:
    return {
        "campus": _("Choose the campus."),
        "weekdays": _("Choose one weekday or more."),
        "opens": _("Give the time when it opens."),
        "closes": _("Give the time when it closes."),
        "valid_from": _("Choose the first day."),
        "valid_until": _("The last day cannot be before the first."),
    }


def _week_rows(week: Sequence[tuple[int, list[DayHours]]]) -> list[tuple[str, str]]:
    """Return the name and the hours of each weekday."""
    names = short_weekdays()
    return [
        (names[weekday - 1], " + ".join(map(hours_text, openings)) or _("Closed"))
        for weekday, openings in week
    ]
