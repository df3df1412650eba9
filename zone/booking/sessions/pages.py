"""The pages of the timetable, of one class and, for managers, of one session."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.errors import ALREADY_BOOKED
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.sessions import queries, service
from zone.booking.sessions.schemas import CancelRequest, CapacityRequest
from zone.booking.sessions.views import SessionView
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.errors import ALREADY_QUEUED
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.text import clean_text
from zone.core.time import EARLIEST, LATEST, day_window, helsinki_date, iso_week, to_helsinki
from zone.web import idempotency_key
from zone.web.auth import current_actor, may, public, reader_id
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_sessions_pages", __name__, template_folder="templates")
BANDS: Final = ((0, 11), (11, 16), (16, 24))
"""Morning, midday, evening: hours of the Helsinki day."""


@pages.app_template_filter("weekday")
def weekday(day: date) -> str:
    """The short name of a weekday, as it stands alone."""
    return str(format_date(day, "ccc"))


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week shown, its sessions by part of the day."""

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
    """The week of a day, with places left."""
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
        )
        policy = policies_queries.policy(session.connection())
    return render_template(
        "booking/sessions/classes.html",
        days=[_day(day, views) for day in days],
        chosen=chosen,
        today=helsinki_date(now),
        week=iso_week(monday)[1],
        before=chosen - timedelta(days=7),
        after=chosen + timedelta(days=7),
        policy=policy,
        now=now,
        done=_done(),
    )


def _chosen_day(asked: str | None, today: date) -> date:
    try:
        chosen = date.fromisoformat(asked or "")
    except ValueError:
        return today
    return chosen if EARLIEST.date() < chosen < LATEST.date() else today


def _day(day: date, views: list[SessionView]) -> Day:
    on_day = [view for view in views if helsinki_date(view.starts_at) == day]
    return Day(
        day,
        tuple(tuple(v for v in on_day if a <= to_helsinki(v.starts_at).hour < b) for a, b in BANDS),
    )


def _done() -> str | None:
    """What the person has just done, by the word that the redirect carried."""
    return {
        "booked": _("You have a place. At the door you only need your pass."),
        "queued": _("You are in the queue. We send you a mail when a place comes free for you."),
    }.get(request.args.get("done", ""))


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
        view = queries.session_view(session, class_session, member_id=reader_id())
        policy = policies_queries.policy(session.connection())
        free = _free_like(session, view, policy, now)
    return render_template(
        "booking/sessions/class.html",
        view=view,
        policy=policy,
        now=now,
        done=done,
        reasons=refusal_messages(refusal),
        refused=refused or _("This could not be booked"),
        alternatives=free,
        day=helsinki_date(view.starts_at),
    )


def _free_like(
    session: Session, view: SessionView, policy: Policy, now: datetime
) -> list[SessionView]:
    reader = reader_id()
    if reader is None or view.status(policy, now) not in ("full", "queued", "late"):
        return []
    verdict = bookings_context.check_booking(
        session.connection(), member_id=reader, class_session=view.id, now=now
    )
    return bookings_queries.alternatives(session.connection(), verdict, now)


@pages.post("/classes/<uuid:class_session>/book")
@may(Permission.OWN_ACCOUNT)
def book(class_session: uuid.UUID) -> WerkzeugResponse:
    """Book by a form; a second tap finds the place taken by the first. A refusal shows all reasons and what is free."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            bookings.book(session, member_id=member_id, class_session=class_session, now=now)
    except DomainError as refusal:
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
    """Wait for a place by a form, once however often it is tapped; a refusal shows every reason."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            waitlist.join(session, member_id=member_id, class_session=class_session, now=now)
    except DomainError as refusal:
        if refusal.reasons[0] is not ALREADY_QUEUED:
            page = _class_page(
                class_session, now, refusal=refusal, refused=_("You could not join the queue")
            )
            return Response(page, refusal.status, mimetype="text/html")
    return redirect(
        url_for("booking_sessions_pages.one_class", class_session=class_session, done="queued"), 303
    )


Refusal = ValidationError | DomainError


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else text


@pages.get("/manage/sessions/<uuid:class_session>")
@may(Permission.PLANNING_READ)
def one_session(class_session: uuid.UUID) -> str:
    """One session: how many come, its places, cancelling it."""
    return _session(class_session)


@pages.post("/manage/sessions/<uuid:class_session>")
@may(Permission.TIMETABLE_WRITE)
def change_session(class_session: uuid.UUID) -> WerkzeugResponse | tuple[str, int]:
    """Cancel a session (`cancel`), or give it other places, with a reason; once for the form's key."""
    typed: dict[str, Any] = {"reason": clean_text(request.form.get("reason", ""))}
    cancel = "cancel" in request.form
    try:
        wish = (
            CancelRequest().load(typed)
            if cancel
            else CapacityRequest().load(
                typed | {"capacity": _number(request.form.get("capacity", ""))}
            )
        )
        idempotency_key.submit_once(
            (cancel, wish), lambda session: _change_session(session, class_session, wish)
        )
    except (ValidationError, DomainError) as refusal:
        if isinstance(refusal, DomainError) and refusal.reasons[0] is NOT_FOUND:
            raise
        return _session(class_session, refusal), _status_of(refusal)
    return redirect(f"/manage/sessions/{class_session}?done=saved", 303)


def _change_session(
    session: Session, class_session: uuid.UUID, wish: dict[str, Any]
) -> dict[str, Any]:
    """Without places in the wish: cancel it."""
    who: dict[str, Any] = {
        "actor_id": current_actor().id,
        "now": utc_now(),
        "reason": wish["reason"],
    }
    if "capacity" in wish:
        service.set_capacity(session, class_session, wish["capacity"], **who)
    else:
        service.cancel_session(session, class_session, own_only=False, **who)
    return {}


def _session(class_session: uuid.UUID, refusal: Refusal | None = None) -> str:
    with reading() as session:
        view = queries.session_view(session, class_session)
    return render_template(
        "booking/sessions/manage_session.html",
        view=view,
        now=utc_now(),
        key=new_secret(),
        refusals=_told(refusal),
        form=request.form,
        done="done" in request.args,
    )


def _status_of(refusal: Refusal) -> int:
    return refusal.status if isinstance(refusal, DomainError) else 422


def _told(refusal: Refusal | None) -> list[str]:
    if isinstance(refusal, ValidationError):
        known = _field_sentences()
        return [
            known.get(name, _("Check the field: %(name)s", name=name))
            for name in refusal.messages_dict
        ]
    return refusal_messages(refusal)


def _field_sentences() -> dict[str, str]:
    return {
        "capacity": _("Give the number of places, from 1 to 10 000."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
