"""The managers' page of the days of one weekly class: leave one out, or put it back."""

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.affected_people.pages import note_preview, people_of_preview
from zone.booking.affected_people.schemas import CancelledSessionSchema
from zone.booking.class_days import queries, service
from zone.booking.class_days.queries import DayOfClass
from zone.booking.class_days.schemas import ClassDayForm
from zone.booking.weekly_classes.queries import translated
from zone.booking.weekly_classes.service import class_by_id
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.web import filters, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_class_days_pages", __name__, template_folder="templates")
CANCELLED: Final = CancelledSessionSchema()
PUT_BACK: Final = "put_back"
"""The name of the button that holds the class after all on a day."""
HELD: Final = ("scheduled", "planned")
"""The states of days that can be left out."""


@pages.get("/manage/classes/<uuid:class_id>/days")
@may(Permission.PLANNING_READ)
def days(class_id: uuid.UUID) -> str:
    """The days of a class to come."""
    return _page(class_id, FormState())


@pages.post("/manage/classes/<uuid:class_id>/days")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change_day(class_id: uuid.UUID) -> Response:
    """Leave a day out of a class, or put it back (button `put_back`)."""
    return forms.handle(
        ClassDayForm(),
        partial(_put_back if PUT_BACK in request.form else _skip, class_id),
        page=partial(_page, class_id),
        then=lambda _result: f"/manage/classes/{class_id}/days?done=saved",
    )


def _skip(class_id: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    if forms.PREVIEW in request.form:
        day, actor = data["day"], current_actor()
        ended = service.preview_skip(session, actor, class_id, day, utc_now())
        return {"ended": [CANCELLED.dump(ended)] if ended else []}
    service.skip_day(session, current_actor(), class_id, **data, now=utc_now())
    return {}


def _put_back(class_id: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    service.put_day_back(session, current_actor(), class_id, **data, now=utc_now())
    return {}


def _page(class_id: uuid.UUID, state: FormState) -> str:
    note_preview(state.preview)
    with reading() as session:
        rule = class_by_id(session, class_id)
        coming = queries.days_of_class(session, rule, utc_now())
        name = translated(rule.activity)[language()]
    return days_page(class_id, name, coming, state, done=one_time.done() is not None)


def days_page(
    class_id: uuid.UUID,
    name: str,
    coming: Sequence[DayOfClass],
    state: FormState,
    *,
    done: bool = False,
) -> str:
    """Render the days of a class with their two forms."""
    # Each form has a field for the reason: what was typed belongs to the one that was sent.
    sent = PUT_BACK if PUT_BACK in request.form else "skip"
    return render_template(
        "booking/class_days/days.html",
        class_id=class_id,
        name=name,
        days=coming,
        held=[(day.day.isoformat(), _label(day)) for day in coming if day.state in HELD],
        left_out=[
            (day.day.isoformat(), filters.date_(day.day))
            for day in coming
            if day.state in ("skipped", "cancelled")
        ],
        typed={sent: state.values},
        previewed=state.preview is not None,
        affected=people_of_preview(state.preview),
        refusals=state.sentences(_field_sentences()),
        key=state.key,
        done=done,
    )


def _label(day: DayOfClass) -> str:
    people = day.booked + day.waiting
    counted = _("%(booked)s booked, %(waiting)s waiting", booked=day.booked, waiting=day.waiting)
    return f"{filters.date_(day.day)} ({counted})" if people else filters.date_(day.day)


def _field_sentences() -> dict[str, str]:
    return {
        "day": _("Choose a day of the class."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
