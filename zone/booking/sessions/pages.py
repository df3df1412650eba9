"""The page of one session, for managers."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.affected_people.pages import note_preview, people_of_preview
from zone.booking.affected_people.schemas import CancelledSessionSchema
from zone.booking.affected_people.service import preview_cancellation
from zone.booking.reinstatements.service import reinstate_session
from zone.booking.sessions import queries, service
from zone.booking.sessions.schemas import CancelRequest, CapacityRequest, CorrectionRequest
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import differing
from zone.web.forms import FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("booking_sessions_pages", __name__, template_folder="templates")

CANCEL: Final = "cancel"
"""The name of the button that cancels a session."""

HELD: Final = "held"
"""The name of the buttons that say whether a session of the past was held."""

REINSTATE: Final = "reinstate"
"""The name of the button that holds a cancelled session after all."""

CANCELLED: Final = CancelledSessionSchema()

PLACES: Final = "places"
"""The form that changes the number of places; its button has no name."""


def level_names() -> dict[str, str]:
    """Return the words for each of `rules.LEVELS`, which says whom a session suits."""
    return {
        "everybody": _("Everybody"),
        "beginners": _("Beginners"),
        "experienced": _("Those with experience"),
    }


@pages.get("/manage/sessions/<uuid:class_session>")
@may(Permission.PLANNING_READ)
def one_session(class_session: uuid.UUID) -> str:
    """One session with its bookings, and the forms that change its places and cancel it."""
    return _session_page(class_session, FormState())


@pages.post("/manage/sessions/<uuid:class_session>")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change_session(class_session: uuid.UUID) -> WerkzeugResponse:
    """Cancel a session (button `cancel`), hold it after all (`reinstate`), change its number of
    places, or correct its record (`held`).
    """
    schema, work = SESSION_FORMS[_submitted_form()]
    return forms.handle(
        schema(),
        partial(work, class_session),
        page=partial(_session_page, class_session),
        then=lambda _result: f"/manage/sessions/{class_session}?done=saved",
        stored=partial(_stored, class_session),
    )


def _submitted_form() -> str:
    return next((name for name in (CANCEL, HELD, REINSTATE) if name in request.form), PLACES)


def _cancel(class_session: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    actor, now = current_actor(), utc_now()
    if forms.PREVIEW in request.form:
        ended = preview_cancellation(session, actor, class_session, now)
        return {"ended": [CANCELLED.dump(ended)]}
    service.cancel_session(session, actor, class_session, reason=data["reason"], now=now)
    return {}


def _set_capacity(class_session: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    service.set_capacity(
        session,
        current_actor(),
        class_session,
        data["capacity"],
        version=data["version"],
        reason=data["reason"],
        now=utc_now(),
    )
    return {}


def _correct(class_session: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    service.correct_session(session, current_actor(), class_session, **data, now=utc_now())
    return {}


def _reinstate(class_session: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    reason = data["reason"]
    reinstate_session(session, current_actor(), class_session, reason=reason, now=utc_now())
    return {}


SESSION_FORMS: Final[dict[str, tuple[type[Schema], Callable[..., forms.Data]]]] = {
    CANCEL: (CancelRequest, _cancel),
    REINSTATE: (CancelRequest, _reinstate),
    PLACES: (CapacityRequest, _set_capacity),
    HELD: (CorrectionRequest, _correct),
}
"""The schema and the work of each form of a session's page, by the button that sends it."""


def _stored(class_session: uuid.UUID) -> dict[str, int]:
    """Return what is stored now, for a form that was filled in before somebody else saved."""
    with reading() as session:
        view = queries.session_view(session, class_session, sees_hidden=True)
    return {"capacity": view.capacity, "version": view.version}


def _session_page(class_session: uuid.UUID, state: FormState) -> str:
    note_preview(state.preview)
    with reading() as session:
        view = queries.session_view(session, class_session, sees_hidden=True)
    now, refused = utc_now(), bool(state.messages)
    kept = refused or state.preview is not None
    return render_template(
        "booking/sessions/manage_session.html",
        view=view,
        changeable=view.state == "scheduled" and view.ends_at > now,
        correctable=view.ends_at <= now,
        reinstatable=view.state == "cancelled" and view.ends_at > now,
        key=state.key,
        refusals=state.sentences(_field_sentences()),
        stored=differing({"capacity": (_("Places"), str)}, state.stored, state.values),
        capacity=state.values.get("capacity", "" if refused else view.capacity),
        version=state.values.get("version", view.version),
        # Each form has a field for the reason: what was typed belongs to the one that was sent.
        reason={_submitted_form(): state.values.get("reason", "")} if kept else {},
        previewed=state.preview is not None,
        affected=people_of_preview(state.preview),
        done=one_time.done() is not None,
    )


def _field_sentences() -> dict[str, str]:
    return {
        "capacity": _("Give the number of places, from 1 to 10 000."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
