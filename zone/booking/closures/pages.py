"""The manager's page of opening days: close a day of a campus, or give it other hours.

What that affects is shown before anything is set.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema, validate
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.activities.rules import KINDS
from zone.booking.affected_people.pages import people_of_sessions
from zone.booking.closures import queries, service
from zone.booking.closures.queries import AffectedSession, DayQuestion
from zone.booking.closures.rules import new_day, parse_day
from zone.booking.closures.schemas import DayForm
from zone.core import formats
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.i18n import OWN_NAMES, translatable
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.campuses import queries as campuses_queries
from zone.places.opening_hours import queries as opening_hours_queries
from zone.places.opening_hours.queries import hours_of
from zone.places.opening_hours.rules import DayHours
from zone.web import filters, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.weekdays import short_weekdays

pages: Final = Blueprint("booking_closures_pages", __name__, template_folder="templates")


EVERY: Final = "all"
"""Chosen instead of the codes of all campuses."""


@pages.get("/manage/days")
@may(Permission.TIMETABLE_WRITE)
def days() -> str:
    """The coming days of a campus that have other hours, and the form for one more, of several."""
    done = {
        "set": _("The day has its hours."),
        "kept": _(
            "The day has its hours. What falls outside is not called off, and nobody is told. The "
            "doors stay shut then: let people in at the desk, or call the sessions off."
        ),
        "called_off": _(
            "The day has its hours. What fell outside is called off, and who had booked is told."
        ),
        "dropped": _("The ordinary hours hold again. What was called off stays so."),
    }.get(one_time.done() or "")
    return _page(FormState({"campus": request.args.get("campus", "")}), done=done)


@pages.post("/manage/days")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def set_day() -> Response:
    """Set the hours of a day; first ask where sessions fall outside or hours are replaced."""
    return forms.handle(_day_form(), _set_day, page=_page, then=_path, ask=_ask)


def _day_form() -> Schema:
    return with_campuses(DayForm())


def with_campuses(schema: Schema) -> Schema:
    """Return a form with the campuses that there are as its choices."""
    with reading() as session:
        codes = [campus.code for campus in campuses_queries.campuses(session)]
    choose = translatable("Choose one campus or more.")
    field = schema.fields["campuses"]
    # A list of its own: all schemas of the class share that of the field.
    field.validators = [
        *field.validators,
        validate.Length(min=1, error=choose),
        validate.ContainsOnly([EVERY, *codes], error=choose),
    ]
    return schema


def chosen_campuses(session: Session, data: forms.Data) -> list[str]:
    """Return the codes of the campuses that a form chooses, by name."""
    codes = [campus.code for campus in campuses_queries.campuses(session)]
    return [code for code in codes if EVERY in data["campuses"] or code in data["campuses"]]


@pages.post("/manage/days/<campus>/<day>/drop")
@may(Permission.TIMETABLE_WRITE)
def drop_day(campus: str, day: str) -> Response:
    """Restore the ordinary hours of a day; first ask where sessions stand outside of these."""
    dropped = parse_day(day)
    with reading() as session:
        question = queries.question_of_drop(session, campus, dropped, utc_now())
    if forms.CONFIRM not in request.form and question:
        return Response(
            _page(FormState({"campus": campus}, preview=question)), mimetype="text/html"
        )
    outside = []
    with writing() as session:
        row = campuses_queries.campus_by_code(session, campus)
        # The second tap finds the day as the first one left it, and leads to the same page.
        if opening_hours_queries.exception_on(session, row.id, dropped) is not None:
            outside = service.drop_day(session, current_actor(), campus, dropped, now=utc_now())
    return redirect(_path({"campus": campus, "done": "kept" if outside else "dropped"}), 303)


def _set_day(session: Session, data: forms.Data) -> forms.Data:
    cancel, codes = data["confirm"] == "cancel", chosen_campuses(session, data)
    affected = service.set_days(
        session,
        current_actor(),
        codes,
        new_day(data),
        cancel=cancel,
        replace=True,  # the question has shown the hours that are replaced
        now=utc_now(),
    )
    done = ("called_off" if cancel else "kept") if affected else "set"
    return {"campus": codes[0], "done": done}


def _path(result: forms.Data) -> str:
    return url_for("booking_closures_pages.days", campus=result["campus"], done=result["done"])


def _ask(session: Session, data: forms.Data) -> DayQuestion | None:
    """Return what to show before the hours are set; None where they affect nothing."""
    new, now = new_day(data), utc_now()
    service.refuse_past(new.day, now)
    codes = chosen_campuses(session, data)
    return queries.question_of_day(session, codes, new, now, language())


def _page(state: FormState, *, done: str | None = None) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        campuses = campuses_queries.campuses(session)
        chosen = state.values.get("campuses") or [state.values.get("campus")]
        campus = next(
            (item for item in campuses if item.code in chosen), campuses[0] if campuses else None
        )
        coming = opening_hours_queries.exceptions_from(session, campus.id, today) if campus else []
        standing = queries.standing(session, campus, coming, utc_now()) if campus else {}
        week = opening_hours_queries.week_on(session, campus.id, today) if campus else []
    question: DayQuestion | None = state.preview
    return render_template(
        "booking/closures/days.html",
        campus=campus,
        campuses=[(item.code, item.name) for item in campuses],
        week=_week_line(week),
        days=[
            (
                item.day,
                hours_text(hours_of(item)),
                item.reasons[language()],
                standing.get(item.day, 0),
            )
            for item in coming
        ],
        today=today,
        every=EVERY,
        chosen=state.values.get("campuses", [campus.code] if campus else []),
        form={name: state.values.get(name, "") for name in DayForm().fields},
        reasons=state.values.get("reasons") or {},
        languages=OWN_NAMES,
        key=state.key,
        sentences=_messages(state),
        done=done,
        question=question,
        current=current_lines(question),
        same_hours=question is not None and question.same_hours,
        dropped=question and question.dropped,
        affected=affected_rows(question) if question else [],
    )


def _messages(state: FormState) -> list[str]:
    """Return one sentence for whatever field is wrong, else why the hours were refused."""
    if state.errors:
        return [_("Choose the campuses and a day, give a reason, and either both times or none.")]
    return list(state.messages)


def hours_text(hours: DayHours | None) -> str:
    """Return the hours of a day in words; None: closed."""
    return _("Closed") if hours is None else formats.format_hours(*hours)


def _week_line(week: Sequence[tuple[int, list[DayHours]]]) -> str:
    names = short_weekdays()
    closed = _("closed")
    return ", ".join(
        f"{names[weekday - 1]} {' + '.join(map(hours_text, openings)) or closed}"
        for weekday, openings in week
    )


def current_lines(question: DayQuestion | None) -> list[str]:
    """Return the other hours that the day has already, by campus where there are several."""
    if question is None:
        return []
    campuses, days = len(question.campuses) > 1, question.days > 1
    return [
        ": ".join(
            [
                *([one.campus] if campuses else []),
                *([filters.day(one.day)] if days else []),
                f"{hours_text(one.hours)}, {one.reason}",
            ]
        )
        for one in question.current
    ]


def affected_rows(question: DayQuestion) -> list[Mapping[str, object]]:
    """Return what falls outside, by campus where there are several; note who is shown."""
    names = {campus.id: campus.name for campus in question.campuses}
    people = people_of_sessions([item.session.public_id for item in question.affected])
    return [
        {
            **_row(item, names if len(names) > 1 else {}),
            "people": people[item.session.public_id],
        }
        for item in question.affected
    ]


def _row(item: AffectedSession, campus_names: Mapping[int, str]) -> Mapping[str, object]:
    column = f"name_{language()}"
    class_session, name = item.session, getattr(item.session, column)
    start, end = class_session.starts_at, class_session.ends_at
    campus = campus_names.get(item.space.campus_id)
    return {
        "day": filters.day(start),
        "time": filters.span(start, end),
        "what": name if KINDS[class_session.kind].is_session else _("Own use"),
        "where": ", ".join(name for name in (campus, getattr(item.space, column)) if name),
        "booked": item.booked,
    }
