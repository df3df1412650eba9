"""The managers' page that moves one session, and the page by which a person gives a place up.

The link in the mail of a move carries a secret, so that it works where nobody is signed in. Who
opens it changes nothing.
"""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.affected_people.pages import note_preview, people_of_preview
from zone.booking.affected_people.service import move_as_asked
from zone.booking.class_change.pages import move_sentences
from zone.booking.class_forms.pages import space_choices
from zone.booking.class_forms.schemas import ONLINE
from zone.booking.moves import queries, service
from zone.booking.moves.queries import MovedBooking
from zone.booking.moves.schemas import MovedSessionSchema, MoveForm
from zone.booking.sessions.queries import session_row, session_view
from zone.booking.sessions.views import SessionView
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import to_helsinki
from zone.places.spaces.queries import space_by_id
from zone.web import conflicts, forms
from zone.web.auth import current_actor, may, public
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_moves_pages", __name__, template_folder="templates")
MOVED: Final = MovedSessionSchema()


@pages.get("/manage/sessions/<uuid:class_session>/move")
@may(Permission.PLANNING_READ)
def move_form(class_session: uuid.UUID) -> str:
    """The form that moves one session."""
    return _move_page(class_session, FormState(_stored(class_session)))


@pages.post("/manage/sessions/<uuid:class_session>/move")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def move(class_session: uuid.UUID) -> WerkzeugResponse:
    """Move a session, or show what becomes of its people."""
    return forms.handle(
        MoveForm(),
        partial(_move, class_session),
        page=partial(_move_page, class_session),
        then=lambda _result: f"/manage/sessions/{class_session}?done=saved",
        stored=partial(_stored, class_session),
    )


def _move(class_session: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    preview = forms.PREVIEW in request.form
    moved = move_as_asked(session, current_actor(), class_session, data, utc_now(), preview=preview)
    dumped: forms.Data = MOVED.dump(moved)
    return dumped


def _stored(class_session: uuid.UUID) -> dict[str, Any]:
    with reading() as session:
        view = session_view(session, class_session, sees_hidden=True)
        row = session_row(session, class_session)
        space = space_by_id(session, row.space_id).public_id if row.space_id else ONLINE
    start = to_helsinki(view.starts_at)
    return {
        "day": start.date().isoformat(),
        "starts_at": f"{start:%H:%M}",
        "minutes": view.minutes,
        "space": str(space),
        "version": view.version,
    }


def _move_page(class_session: uuid.UUID, state: FormState) -> str:
    note_preview(_as_change(state))
    with reading() as session:
        view = session_view(session, class_session, sees_hidden=True)
        spaces = [*space_choices(session), (ONLINE, _("None, it is online"))]
    return move_page(view, spaces, state)


def move_page(view: SessionView, spaces: Sequence[tuple[str, str]], state: FormState) -> str:
    """Render the form that moves a session, with what becomes of its people where it was asked."""
    labels: conflicts.Labels = {
        "day": (_("Day"), conflicts.day),
        "starts_at": (_("Start"), conflicts.clock_time),
        "minutes": (_("Minutes"), str),
        "space": (_("Space"), conflicts.one_of(dict(spaces))),
    }
    # Of what was stored meanwhile the version is sent the next time.
    values = dict(state.values) | ({"version": state.stored["version"]} if state.stored else {})
    return render_template(
        "booking/moves/move.html",
        view=view,
        typed=values,
        spaces=spaces,
        key=state.key,
        preview=None if state.preview is None else preview_sentences(state.preview),
        affected=people_of_preview(_as_change(state)),
        stored=conflicts.differing(labels, state.stored, state.values),
        refusals=state.sentences(_field_sentences()),
    )


def _as_change(state: FormState) -> Mapping[str, Any]:
    return {"sessions": [state.preview] if state.preview else []}


def preview_sentences(moved: Mapping[str, Any]) -> list[str]:
    """Return what a move would do, one sentence for each effect."""
    if moved["outcome"] == "unchanged":
        return [_("Nothing changes.")]
    return move_sentences([moved])


def _field_sentences() -> dict[str, str]:
    return {
        "day": _("Choose the day."),
        "starts_at": _("Give the start as a time of day, such as 17:00."),
        "minutes": _("Give the length in minutes, from 5 to 1440."),
        "space": _("Choose a space."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }


@pages.get("/bookings/<uuid:booking>/give-up/<key>")
@public
def give_up_form(booking: uuid.UUID, key: str) -> str:
    """The booking that the mail of a move links to."""
    return _shown(booking, key)


@pages.post("/bookings/<uuid:booking>/give-up/<key>")
@public
def give_up(booking: uuid.UUID, key: str) -> WerkzeugResponse:
    """Give the booking of a mail's link up; a refusal shows every reason."""
    try:
        with writing() as session:
            service.give_up(session, booking, key, now=utc_now())
    except DomainError as refusal:
        page = _shown(booking, key, refusal)
        return Response(page, refusal.status, mimetype="text/html")
    return redirect(request.path, 303)


def _shown(booking: uuid.UUID, key: str, refusal: DomainError | None = None) -> str:
    with reading() as session:
        moved = queries.moved_booking(session, booking, key)
    return give_up_page(moved, ended=moved.session.starts_at <= utc_now(), refusal=refusal)


def give_up_page(
    moved: MovedBooking, *, ended: bool = False, refusal: DomainError | None = None
) -> str:
    """Render the page of a booking whose session was moved."""
    return render_template(
        "booking/moves/give_up.html",
        moved=moved,
        view=moved.session,
        ended=ended,
        reasons=refusal_messages(refusal),
    )
