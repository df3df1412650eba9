"""The manager's page of opening days: close a campus on a day or give it other hours, and see what that hits first."""

from datetime import date, time
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.closures import service
from zone.booking.closures.rules import NewDay, new_day, readable
from zone.booking.closures.service import AffectedSession
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.campuses.models import Campus
from zone.places.opening_hours import queries as opening_hours_queries
from zone.places.opening_hours.schemas import DaySchema
from zone.web.auth import current_actor, may
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_closures_pages", __name__, template_folder="templates")
DAY: Final = DaySchema()


@pages.get("/manage/days")
@may(Permission.TIMETABLE_WRITE)
def days() -> str:
    """The days to come of a campus that have other hours, and the form for one more."""
    done = {
        "set": _("The day has its hours."),
        "called_off": _(
            "The day has its hours. What fell outside is called off, and who had booked is told."
        ),
        "dropped": _("The ordinary hours hold again. What was called off stays so."),
    }.get(request.args.get("done", ""))
    return _page(request.args.get("campus", ""), done=done)


def _page(code: str, **shown: Any) -> str:
    with reading() as session:
        campuses = campuses_queries.campuses(session)
        campus = next(
            (one for one in campuses if one.code == code), campuses[0] if campuses else None
        )
        coming = (
            []
            if campus is None
            else opening_hours_queries.exceptions_from(session, campus.id, helsinki_date(utc_now()))
        )
        week = (
            []
            if campus is None
            else opening_hours_queries.week_on(session, campus.id, helsinki_date(utc_now()))
        )
    return render_template(
        "booking/closures/days.html",
        campus=campus,
        campuses=[(one.code, one.name) for one in campuses],
        week=week,
        days=[(one.day, opening_hours_queries.hours_of(one), one.reason) for one in coming],
        today=helsinki_date(utc_now()),
        **{"form": {}, "sentences": [], "hits": None, "done": None, "current": None, **shown},
    )


@pages.post("/manage/days")
@may(Permission.TIMETABLE_WRITE)
def set_day() -> WerkzeugResponse:
    """First show what the hours would hit and whether the day has others; nothing of both, or confirmed: set them."""
    form = request.form.to_dict()
    try:
        new = _asked(form)
        with writing() as session:
            campus = campuses_queries.campus_by_code(session, form.get("campus", ""))
            asks = (
                _to_confirm(session, campus, new)
                if form.get("confirm") not in ("keep", "cancel")
                else None
            )
            if asks is None:
                service.set_day(
                    session,
                    campus,
                    new,
                    cancel=form.get("confirm") == "cancel",
                    replace=True,
                    actor_id=current_actor().id,
                    now=utc_now(),
                )
    except ValidationError:
        wrong = [_("Give a day, a reason, and either both times or none.")]
        return Response(
            _page(form.get("campus", ""), form=form, sentences=wrong), 422, mimetype="text/html"
        )
    except DomainError as refusal:
        page = _page(form.get("campus", ""), form=form, sentences=refusal_messages(refusal))
        return Response(page, refusal.status, mimetype="text/html")
    if asks is not None:
        return Response(_page(form["campus"], form=form, **asks), mimetype="text/html")
    done = "called_off" if form.get("confirm") == "cancel" else "set"
    return redirect(url_for("booking_closures_pages.days", campus=form["campus"], done=done), 303)


def _asked(form: dict[str, str]) -> NewDay:
    given = {
        key: form[key].strip()
        for key in ("day", "opens", "closes", "reason")
        if form.get(key, "").strip()
    }
    found: dict[str, date | time | str | None] = DAY.load(given)
    return new_day(found)


def _to_confirm(session: Session, campus: Campus, new: NewDay) -> dict[str, Any] | None:
    """What a person should see before the hours are set; None where nothing is in their way."""
    hit: list[AffectedSession] = service.hits(session, campus, new.day, new.hours, utc_now())
    before = opening_hours_queries.exception_on(session, campus.id, new.day)
    if before is not None and (opening_hours_queries.hours_of(before), before.reason) == (
        new.hours,
        new.reason,
    ):
        before = None  # the second tap of the same form
    if not hit and before is None:
        return None
    return {
        "hits": hit,
        "current": None
        if before is None
        else (opening_hours_queries.hours_of(before), before.reason),
    }


@pages.post("/manage/days/<campus>/<day>/drop")
@may(Permission.TIMETABLE_WRITE)
def drop_day(campus: str, day: str) -> WerkzeugResponse:
    """Let the ordinary hours of a day hold again."""
    with writing() as session:
        found = campuses_queries.campus_by_code(session, campus)
        service.drop_day(session, found, readable(day), actor_id=current_actor().id, now=utc_now())
    return redirect(url_for("booking_closures_pages.days", campus=campus, done="dropped"), 303)
