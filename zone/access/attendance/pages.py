"""The list of a session for its instructor: who booked, who came, and who was seen."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.access.attendance import queries, service
from zone.access.attendance.schemas import HeadCountFormSchema
from zone.access.attendance.views import (
    FIRST_SHOWN,
    SessionCard,
    hours_until,
    session_card,
    session_in_hand,
)
from zone.access.live_counts.queries import live_count
from zone.booking.sessions.queries import session_view, sessions_led_by
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.text import initials
from zone.core.time import day_window, helsinki_date
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.looks import note_look
from zone.web.problems import refusal_messages

pages: Final = Blueprint("access_attendance_pages", __name__, template_folder="templates")
AHEAD: Final = timedelta(days=14)
"""How far an instructor sees their classes; the whole term stands in the timetable."""


@pages.get("/today")
@may(Permission.ATTENDANCE_READ)
def own_classes() -> str:
    """The reader's own classes: the one in hand with its people, and those of two weeks."""
    return _today_page(FormState())


@pages.get("/sessions/<uuid:class_session>/attendance")
@may(Permission.ATTENDANCE_READ)
def attendance(class_session: uuid.UUID) -> str:
    """Who booked a session and who came; an instructor only of their own."""
    return _page(class_session)


@pages.get("/sessions/<uuid:class_session>/attendance/live")
@may(Permission.ATTENDANCE_READ)
def show_live(class_session: uuid.UUID) -> Response:
    """The people and their numbers alone, for htmx; only the time where nobody has come or gone.

    `seen` is the version that the page shows: a list that stands still keeps its focus.
    """
    now = utc_now()
    card = _card(class_session, now)
    changed = request.args.get("seen") != card.version
    from_page = "today" if request.args.get("from") == "today" else ""
    page = render_template(
        "access/attendance/live.html",
        card=card,
        changed=changed,
        from_page=from_page,
        **shown(FormState(), now),
    )
    response = Response(page, mimetype="text/html")
    if not changed:
        response.headers["HX-Reswap"] = "none"
    return response


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
    return redirect(_back(class_session), 303)


@pages.post("/sessions/<uuid:class_session>/head-count")
@may(Permission.ATTENDANCE_WRITE)
def count_heads(class_session: uuid.UUID) -> WerkzeugResponse:
    """Record how many people the instructor counted at a session; the newest number holds."""

    def work(session: Session, data: forms.Data) -> forms.Data:
        now = utc_now()
        service.record_head_count(session, current_actor(), class_session, data["count"], now=now)
        return {}

    return forms.handle(
        HeadCountFormSchema(),
        work,
        page=lambda state: (
            _today_page(state) if _is_from_today() else _page(class_session, state=state)
        ),
        then=lambda _result: f"{_back(class_session)}?done=counted",
    )


def _back(class_session: uuid.UUID) -> str:
    """Return the page from which a form was sent: today's, or that of the session alone."""
    if _is_from_today():
        return url_for(".own_classes")
    return url_for(".attendance", class_session=class_session)


def _is_from_today() -> bool:
    return request.form.get("from") == "today"


def _today_page(state: FormState) -> str:
    now = utc_now()
    begin, tomorrow = day_window(helsinki_date(now))
    end = day_window(helsinki_date(now) + AHEAD)[1]
    with reading() as session:
        led = sessions_led_by(session, current_actor().id, (begin, end))
        today = [view for view in led if view.starts_at < tomorrow]
        counted = queries.head_counts(session, [view.id for view in today])
    in_hand = session_in_hand(today, counted, now)
    return render_template(
        "access/attendance/own_classes.html",
        card=_card(in_hand.id, now) if in_hand else None,
        others=[view for view in today if view is not in_hand],
        today=today,
        counted=counted,
        coming=[view for view in led if view.starts_at >= tomorrow],
        hours=hours_until(in_hand, now) if in_hand else None,
        from_page="today",
        **shown(state, now),
    )


def _page(
    class_session: uuid.UUID, refusal: DomainError | None = None, state: FormState | None = None
) -> str:
    now = utc_now()
    return render_template(
        "access/attendance/attendance.html",
        card=_card(class_session, now),
        hours=None,
        reasons=refusal_messages(refusal) or list(state.messages if state else ()),
        from_page="",
        **shown(state or FormState(), now),
    )


def _card(class_session: uuid.UUID, now: datetime) -> SessionCard:
    """Return a session with its people; that the reader sees them is on record."""
    with reading() as session:
        listed = queries.attendance_for(
            session,
            class_session,
            actor=current_actor(),
            named_since=now - current_settings().person_kept,
        )
        view = session_view(session, class_session, sees_hidden=True)
        counted = queries.head_counts(session, [class_session]).get(class_session)
        live = live_count(session, class_session, now)
    note_look("attendance.view", "session", class_session)
    return session_card(view, listed, counted, live)


def shown(state: FormState, now: datetime) -> dict[str, Any]:
    """Return what both pages show beside the sessions."""
    return {
        "now": now,
        "state": state,
        "done": one_time.done() == "counted",
        "initials": initials,
        "first_shown": None if request.args.get("all") == "1" else FIRST_SHOWN,
        "lang": f"&lang={language()}" if request.args.get("lang") else "",
    }
