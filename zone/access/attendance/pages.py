"""The list of a session for its instructor: who booked, who came, and who was seen."""

import uuid
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.access.attendance import queries, service
from zone.booking.sessions.queries import session_view, sessions_led_by
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import day_window, helsinki_date
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.looks import note_look
from zone.web.problems import refusal_messages

pages: Final = Blueprint("access_attendance_pages", __name__, template_folder="templates")
AHEAD: Final = timedelta(days=14)
"""How far an instructor sees their classes; the whole term stands in the timetable."""


@pages.get("/today")
@may(Permission.ATTENDANCE_READ)
def own_classes() -> str:
    """The reader's own classes, today's and those of the next two weeks."""
    now = utc_now()
    begin, tomorrow = day_window(helsinki_date(now))
    end = day_window(helsinki_date(now) + AHEAD)[1]
    with reading() as session:
        led = sessions_led_by(session, current_actor().id, (begin, end))
    return render_template(
        "access/attendance/own_classes.html",
        today=[view for view in led if view.starts_at < tomorrow],
        coming=[view for view in led if view.starts_at >= tomorrow],
        now=now,
    )


@pages.get("/sessions/<uuid:class_session>/attendance")
@may(Permission.ATTENDANCE_READ)
def attendance(class_session: uuid.UUID) -> str:
    """Who booked a session and who came; an instructor only of their own."""
    return _page(class_session)


@pages.post("/sessions/<uuid:class_session>/attendance/<uuid:person>")
@may(Permission.ATTENDANCE_WRITE)
def see(class_session: uuid.UUID, person: uuid.UUID) -> WerkzeugResponse:
    """Record that a person who had booked was there; a second tap leads to the same page."""
    try:
        with writing() as session:
            service.record_sighting(session, current_actor(), class_session, person, now=utc_now())
    except DomainError as refusal:
        page = _page(class_session, refusal)
        return Response(page, refusal.status, mimetype="text/html")
    return redirect(url_for(".attendance", class_session=class_session), 303)


def _page(class_session: uuid.UUID, refusal: DomainError | None = None) -> str:
    with reading() as session:
        listed = queries.attendance_for(
            session,
            class_session,
            actor=current_actor(),
            named_since=utc_now() - current_settings().person_kept,
        )
        view = session_view(session, class_session, staff=True)
    note_look("attendance.view", "session", class_session)
    return render_template(
        "access/attendance/attendance.html",
        view=view,
        listed=listed,
        reasons=refusal_messages(refusal),
        words={
            "booked": ("info", "ticket", _("has booked")),
            "present": ("ok", "circle-check", _("came")),
            "drop_in": ("ok", "user-round", _("came without booking")),
            "no_show": ("warn", "calendar-x", _("did not come")),
        },
    )
