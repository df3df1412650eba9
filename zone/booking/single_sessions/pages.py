"""The page on which managers plan a session that is no weekly class."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.class_forms.pages import choices, only_offered, refused
from zone.booking.single_sessions import service
from zone.booking.single_sessions.schemas import NewSessionForm, span_from
from zone.booking.weekly_classes.queries import details_from
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.web import forms
from zone.web.auth import current_actor, may
from zone.web.forms import FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("booking_single_sessions_pages", __name__, template_folder="templates")
NEW: Final[Mapping[str, Any]] = {
    "kind": "event",
    "minutes": 60,
    "starts_at": "17:00",
    "live": True,
}
"""What the form begins with."""


@pages.get("/manage/sessions/new")
@may(Permission.PLANNING_READ)
def new_session() -> str:
    """The form of a single session."""
    return _page(FormState(dict(NEW) | {"day": helsinki_date(utc_now()).isoformat()}))


@pages.post("/manage/sessions")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def create() -> Response:
    """Plan the session, and go to its page."""
    return forms.handle(
        only_offered(NewSessionForm()),
        _create,
        page=_page,
        then=lambda result: f"/manage/sessions/{result['id']}?done=saved",
    )


def _create(session: Session, data: forms.Data) -> forms.Data:
    row = service.add_session(
        session, current_actor(), details_from(session, data), span_from(data), now=utc_now()
    )
    return {"id": str(row.public_id)}


def _page(state: FormState) -> str:
    values = {"name": {}, "description": {}, "bring": {}} | dict(state.values)
    with reading() as session:
        lists = choices(session, values)
    return new_session_page(values, lists, state)


def new_session_page(values: Mapping[str, Any], lists: Mapping[str, Any], state: FormState) -> str:
    """Render the form with its values and its choices."""
    return render_template(
        "booking/single_sessions/new_session.html",
        typed=values,
        key=state.key,
        **lists,
        **refused(state),
    )
