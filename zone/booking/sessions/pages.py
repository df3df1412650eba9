"""The pages of the timetable, of one class and, for managers, of one session."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import ALREADY_BOOKED
from zone.booking.closures.queries import outside_hours
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.sessions import queries, service
from zone.booking.sessions.schemas import CancelRequest, CapacityRequest, CorrectionRequest
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.errors import ALREADY_QUEUED
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import (
    EARLIEST,
    LATEST,
    day_window,
    helsinki_date,
    iso_week,
    parse_day,
    to_helsinki,
)
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, public, reader_id, reader_is_staff
from zone.web.conflicts import differing
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_sessions_pages", __name__, template_folder="templates")
BANDS: Final = ((0, 11), (11, 16), (16, 24))
"""Morning, midday, evening: hours of the Helsinki day."""

CANCEL: Final = "cancel"
"""The name of the button that cancels a session."""

HELD: Final = "held"
"""The name of the buttons that say whether a session of the past was held."""

PLACES: Final = "places"
"""The form that changes the number of places; its button has no name."""


def level_names() -> dict[str, str]:
    """Return whom a session suits, by `rules.LEVELS`."""
    return {
        "everybody": _("Everybody"),
        "beginners": _("Beginners"),
        "experienced": _("Those with experience"),
    }


@dataclass(frozen=True, slots=True)
class TimetableDay:
    """A day of the timetable, its sessions by part of the day (see `BANDS`)."""

    day: date
    bands: tuple[tuple[SessionView, ...], ...]

    @property
    def sessions(self) -> tuple[SessionView, ...]:
        return sum(self.bands, ())

    @property
    def booked(self) -> bool:
        return any(view.booking for view in self.sessions)


@pages.get("/classes")
@public
def classes() -> str:
    """The timetable of one week, with the places left."""
    now = utc_now()
    chosen = _chosen_day(request.args.get("day"), helsinki_date(now))
    monday = chosen - timedelta(days=chosen.weekday())
    days = [monday + timedelta(days=n) for n in range(7)]
    with reading() as session:
        views = queries.sessions(
            session,
            (day_window(days[0])[0], day_window(days[-1])[1]),
            member_id=reader_id(),
            campus=request.args.get("campus") or None,
            staff=reader_is_staff(),
        )
        policy = policies_queries.policy(session.connection())
    return render_template(
        "booking/sessions/classes.html",
        days=_by_day(days, views),
        chosen=chosen,
        today=helsinki_date(now),
        week=iso_week(monday)[1],
        before=chosen - timedelta(days=7),
        after=chosen + timedelta(days=7),
        policy=policy,
        now=now,
        done=_done(),
    )


def _chosen_day(day: str | None, today: date) -> date:
    try:
        chosen = parse_day(day or "")
    except ValueError:
        return today
    # Bounded: the days of a week around a day in the year 9999 would overflow.
    return chosen if EARLIEST.date() < chosen < LATEST.date() else today


def _by_day(days: list[date], views: list[SessionView]) -> list[TimetableDay]:
    found: dict[tuple[date, int], list[SessionView]] = {}
    for view in views:
        local = to_helsinki(view.starts_at)
        band = next(number for number, (_, end) in enumerate(BANDS) if local.hour < end)
        found.setdefault((local.date(), band), []).append(view)
    bands = range(len(BANDS))
    return [TimetableDay(day, tuple(tuple(found.get((day, n), ())) for n in bands)) for day in days]


def _done() -> str | None:
    """Return the confirmation of what was just done, by the parameter of the redirect."""
    return {
        "booked": _("You have a place. Just bring your pass."),
        "queued": _("You are in the queue. We send you a mail when a place comes free for you."),
    }.get(one_time.done() or "")


@pages.get("/classes/<uuid:class_session>")
@public
def one_class(class_session: uuid.UUID) -> str:
    """One class: when, where, the rules, and booking it."""
    return _class_page(class_session, utc_now(), done=_done())


def _class_page(
    class_session: uuid.UUID,
    now: datetime,
    *,
    done: str | None = None,
    refusal: DomainError | None = None,
    refused: str | None = None,
) -> str:
    with reading() as session:
        view = queries.session_view(
            session, class_session, member_id=reader_id(), staff=reader_is_staff()
        )
        policy = policies_queries.policy(session.connection())
        free = _free_like(session, view, policy, now)
        description, bring = queries.about(session, class_session)
        closed = view.state == "scheduled" and bool(
            outside_hours(session, [queries.session_row(session, class_session)])
        )
    return render_template(
        "booking/sessions/class.html",
        view=view,
        policy=policy,
        now=now,
        done=done,
        reasons=refusal_messages(refusal),
        refused=refused or _("This could not be booked"),
        alternatives=free,
        closed=closed,
        description=description[language()],
        bring=bring[language()],
        levels=level_names(),
        day=helsinki_date(view.starts_at),
    )


def _free_like(
    session: Session, view: SessionView, policy: Policy, now: datetime
) -> list[SessionView]:
    reader = reader_id()
    if reader is None or view.status(policy, now) not in ("full", "queued", "late"):
        return []
    check = bookings_context.check_booking(
        session.connection(), member_id=reader, class_session=view.id, now=now, staff=True
    )
    return bookings_queries.alternatives(session.connection(), check, now)


@pages.post("/classes/<uuid:class_session>/book")
@may(Permission.OWN_ACCOUNT)
def book(class_session: uuid.UUID) -> WerkzeugResponse:
    """Book a place; a second tap leads to the same page.

    A refusal shows every reason and what else is free.
    """
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            bookings.book(
                session,
                member_id=member_id,
                class_session=class_session,
                now=now,
                staff=reader_is_staff(),
            )
    except DomainError as refusal:
        # ALREADY_BOOKED is the second tap on the button: the first one has booked.
        if refusal.reasons[0] is not ALREADY_BOOKED:
            return Response(
                _class_page(class_session, now, refusal=refusal),
                refusal.status,
                mimetype="text/html",
            )
    return redirect(
        url_for("booking_sessions_pages.one_class", class_session=class_session, done="booked"), 303
    )


@pages.post("/classes/<uuid:class_session>/queue")
@may(Permission.OWN_ACCOUNT)
def join_queue(class_session: uuid.UUID) -> WerkzeugResponse:
    """Join the waitlist; a second tap leads to the same page. A refusal shows every reason."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            waitlist.join(
                session,
                member_id=member_id,
                class_session=class_session,
                now=now,
                staff=reader_is_staff(),
            )
    except DomainError as refusal:
        if refusal.reasons[0] is not ALREADY_QUEUED:
            page = _class_page(
                class_session, now, refusal=refusal, refused=_("You could not join the queue")
            )
            return Response(page, refusal.status, mimetype="text/html")
    return redirect(
        url_for("booking_sessions_pages.one_class", class_session=class_session, done="queued"), 303
    )


@pages.get("/manage/sessions/<uuid:class_session>")
@may(Permission.PLANNING_READ)
def one_session(class_session: uuid.UUID) -> str:
    """One session with its bookings, and the forms that change its places and cancel it."""
    return _session_page(class_session, FormState())


@pages.post("/manage/sessions/<uuid:class_session>")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change_session(class_session: uuid.UUID) -> WerkzeugResponse:
    """Cancel a session (button `cancel`), change its number of places, or correct its record
    (button `held`).
    """
    schema, work = SESSION_FORMS[_pressed()]
    return forms.handle(
        schema(),
        partial(work, class_session),
        page=partial(_session_page, class_session),
        then=lambda _result: f"/manage/sessions/{class_session}?done=saved",
        stored=partial(_stored, class_session),
    )


def _pressed() -> str:
    return next((name for name in (CANCEL, HELD) if name in request.form), PLACES)


def _cancel(class_session: uuid.UUID, session: Session, data: forms.Data) -> forms.Data:
    service.cancel_session(
        session, current_actor(), class_session, reason=data["reason"], now=utc_now()
    )
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


SESSION_FORMS: Final[dict[str, tuple[type[Schema], Callable[..., forms.Data]]]] = {
    CANCEL: (CancelRequest, _cancel),
    PLACES: (CapacityRequest, _set_capacity),
    HELD: (CorrectionRequest, _correct),
}
"""The forms of a session's page, by the button that sends them."""


def _stored(class_session: uuid.UUID) -> dict[str, int]:
    with reading() as session:
        view = queries.session_view(session, class_session, staff=True)
    return {"capacity": view.capacity, "version": view.version}


def _session_page(class_session: uuid.UUID, state: FormState) -> str:
    with reading() as session:
        view = queries.session_view(session, class_session, staff=True)
    now, refused = utc_now(), bool(state.messages)
    return render_template(
        "booking/sessions/manage_session.html",
        view=view,
        changeable=view.state == "scheduled" and view.ends_at > now,
        correctable=view.ends_at <= now,
        key=state.key,
        refusals=state.sentences(_field_sentences()),
        stored=differing({"capacity": (_("Places"), str)}, state.stored, state.values),
        capacity=state.values.get("capacity", "" if refused else view.capacity),
        version=state.values.get("version", view.version),
        reason={_pressed(): state.values.get("reason", "")} if refused else {},
        done=one_time.done() is not None,
    )


def _field_sentences() -> dict[str, str]:
    return {
        "capacity": _("Give the number of places, from 1 to 10 000."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
