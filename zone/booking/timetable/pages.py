"""The pages of the timetable and of one class, and what a reader does with a class.

A form is answered with a redirect. Where htmx sent it from a card, it is answered with the card as
it is now, and with the bar that offers to undo.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.allocations.rules import event_sequence
from zone.booking.bookings.errors import SESSION_FULL
from zone.booking.calendar_feeds.views import session_uid
from zone.booking.card_acts.pages import ACTS, CardAct
from zone.booking.cards.pages import card_words, place_of
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.pages import level_names
from zone.booking.sessions.views import SessionView
from zone.booking.timetable import queries
from zone.booking.timetable.queries import ClassPage, Viewer
from zone.booking.timetable.views import Filter, Timetable
from zone.core.calendar_file import CONTENT_TYPE, FileEvent, calendar_file
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import EARLIEST, LATEST, helsinki_date, iso_week, parse_day
from zone.passes.entitlements.views import activity_names
from zone.web import one_time
from zone.web.auth import may, public, reader_id, reader_is_staff
from zone.web.context import class_parts, current_settings
from zone.web.filters import clock
from zone.web.language import language
from zone.web.problems import refusal_messages
from zone.web.whereabouts import page_of

pages: Final = Blueprint("booking_timetable_pages", __name__, template_folder="templates")


ONCE: Final = ("done", "of")
"""What the address of the list has after an act, to say it once."""


def _viewer() -> Viewer:
    return Viewer(reader_id(), reader_is_staff())


@pages.get("/classes")
@public
def classes() -> str:
    """The timetable of one week, with the places left."""
    now = utc_now()
    chosen = _chosen_day(request.args.get("day"), helsinki_date(now))
    asked = Filter(
        campus=request.args.get("campus"),
        kind=request.args.get("kind"),
        time=request.args.get("time"),
        free=request.args.get("free") == "1",
    )
    done, of = one_time.done(), request.args.get("of", type=uuid.UUID)
    with reading() as session:
        page, policies = queries.week(session, _viewer(), chosen, asked, now)
        bar = _done(done, queries.public_view(session, _viewer(), of)) if done and of else {}
    return week_page(page, policies, now, **bar)


def week_page(page: Timetable, policies: Policies, now: datetime, **bar: Any) -> str:
    """Render a week of the timetable. `bar`: what `_done` returns of a redirect to it."""
    return render_template(
        "booking/timetable/classes.html",
        page=page,
        policies=policies,
        week=iso_week(page.chosen.day)[1],
        **bar,
        **card_words(now),
    )


def _chosen_day(day: str | None, today: date) -> date:
    try:
        chosen = parse_day(day or "")
    except ValueError:
        return today
    # Bounded: the days of a week around a day in the year 9999 would overflow.
    return chosen if EARLIEST.date() < chosen < LATEST.date() else today


@pages.post("/classes/<uuid:class_session>/book")
@may(Permission.OWN_ACCOUNT)
def book(class_session: uuid.UUID) -> WerkzeugResponse:
    """Book a place; a refusal shows every reason and what else is free."""
    return _perform("book", class_session)


@pages.post("/classes/<uuid:class_session>/queue")
@may(Permission.OWN_ACCOUNT)
def join_queue(class_session: uuid.UUID) -> WerkzeugResponse:
    """Join the waitlist; a refusal shows every reason."""
    return _perform("queue", class_session)


@pages.post("/classes/<uuid:class_session>/cancel")
@may(Permission.OWN_ACCOUNT)
def cancel(class_session: uuid.UUID) -> WerkzeugResponse:
    """Cancel one's booking of a class; a refusal shows every reason."""
    return _perform("cancel", class_session)


@pages.post("/classes/<uuid:class_session>/leave")
@may(Permission.OWN_ACCOUNT)
def leave_queue(class_session: uuid.UUID) -> WerkzeugResponse:
    """Leave the waitlist of a class."""
    return _perform("leave", class_session)


@pages.post("/classes/<uuid:class_session>/enter")
@may(Permission.OWN_ACCOUNT)
def enter_draw(class_session: uuid.UUID) -> WerkzeugResponse:
    """Enter the draw of a class's places; a refusal shows every reason."""
    return _perform("enter", class_session)


@pages.post("/classes/<uuid:class_session>/withdraw")
@may(Permission.OWN_ACCOUNT)
def leave_draw(class_session: uuid.UUID) -> WerkzeugResponse:
    """Withdraw from the draw of a class's places."""
    return _perform("withdraw", class_session)


def _perform(name: str, class_session: uuid.UUID) -> WerkzeugResponse:
    act, now, refusal = ACTS[name], utc_now(), None
    try:
        if act.refuse:
            act.refuse(class_session, now)
        with writing() as session:
            act.do(session, class_session, now)
    except DomainError as refused:
        if refused.reasons[0] not in act.harmless:
            refusal = refused
    if place := _card_of_htmx():
        return _changed(name, class_session, place, now, refusal)
    if refusal:
        page = _class_page(
            class_session, now, refusal=refusal, refused=refused_title(name, refusal)
        )
        return Response(page, refusal.status, mimetype="text/html")
    if request.form.get("from") == "bookings":
        return redirect(f"/bookings?done={act.done}", 303)
    return redirect(_address_after(act, class_session), 303)


def _address_after(act: CardAct, class_session: uuid.UUID) -> str:
    """Return the page of the class, or the list from which the form came, at the card."""
    came_from = urlsplit(page_of(request))
    if came_from.path != url_for(".classes"):
        return url_for(".one_class", class_session=class_session, done=act.done)
    query = [(name, value) for name, value in parse_qsl(came_from.query) if name not in ONCE]
    query += [("done", act.done), ("of", str(class_session))]
    return f"{came_from.path}?{urlencode(query)}#c-{class_session}"


def _card_of_htmx() -> str | None:
    """Return the list of the card in which a form was sent; None: a browser waits for a page."""
    target = request.headers.get("HX-Target", "")
    return target[0] if "HX-Request" in request.headers and target[:2] in ("c-", "n-") else None


def _changed(
    name: str, class_session: uuid.UUID, place: str, now: datetime, refusal: DomainError | None
) -> Response:
    with reading() as session:
        one, policies = queries.one_card(session, _viewer(), class_session, place, now)
        day = helsinki_date(one.view.starts_at)
        has_booking = queries.has_booking_on(session, _viewer(), day, policies, now)
    undo, undone = ACTS[name].undo, "undo" in request.form
    page = render_template(
        "booking/timetable/changed.html",
        one=replace(one, kept=refusal is not None),
        day=day,
        has_booking=has_booking,
        policies=policies,
        reasons=_shown_reasons(name, refusal) if refusal else [],
        said=_said(name, one.view, undone=undone),
        symbol=ACTS[name].icon,
        undo=f"{one.path}/{undo}" if undo else None,
        undone=undone,
        **card_words(now),
    )
    return Response(page, refusal.status if refusal else 200, mimetype="text/html")


def _shown_reasons(name: str, refusal: DomainError) -> list[str]:
    """Return what a card says of a refusal."""
    return [f"{refused_title(name, refusal)}."] if _has_gone(refusal) else refusal_messages(refusal)


def _said(name: str, view: SessionView, *, undone: bool = False) -> str:
    """Return what was done, as a short sentence."""
    about = {"name": view.name[language()], "time": clock(view.starts_at)}
    booked = _("Booked: %(name)s, %(time)s")
    sentences = {
        "book": _("Booked again: %(name)s, %(time)s") if undone else booked,
        "queue": _("You are in the queue: %(name)s, %(time)s"),
        "cancel": _("Cancelled: %(name)s, %(time)s"),
        "leave": _("You have left the queue: %(name)s, %(time)s"),
        "enter": _("You are in the draw: %(name)s, %(time)s"),
        "withdraw": _("You are no longer in the draw: %(name)s, %(time)s"),
    }
    return str(sentences[name] % about)


def _has_gone(refusal: DomainError) -> bool:
    """Whether somebody wanted a place back that another person has now."""
    return "undo" in request.form and SESSION_FULL in refusal.reasons


def refused_title(name: str, refusal: DomainError) -> str:
    if _has_gone(refusal):
        return str(_("Your place has gone to somebody else"))
    sentences = {
        "book": _("This could not be booked"),
        "queue": _("You could not join the queue"),
        "cancel": _("Your booking could not be cancelled"),
        "leave": _("You could not leave the queue"),
        "enter": _("You could not enter the draw"),
        "withdraw": _("You could not withdraw from the draw"),
    }
    return str(sentences[name])


@pages.get("/classes/<uuid:class_session>")
@public
def one_class(class_session: uuid.UUID) -> str:
    """One class: when, where, the rules, and booking it."""
    return _class_page(class_session, utc_now(), done=one_time.done())


@pages.get("/classes/<uuid:class_session>.ics")
@public
def calendar(class_session: uuid.UUID) -> Response:
    """One class as a file for a calendar."""
    with reading() as session:
        view = queries.public_view(session, _viewer(), class_session)
    cancelled = view.state == "cancelled"
    event = FileEvent(
        uid=session_uid(view.id, current_settings().base_url),
        sequence=event_sequence(view.sequence, cancelled=cancelled),
        stamp=utc_now(),
        starts_at=view.starts_at,
        ends_at=view.ends_at,
        summary=view.name[language()],
        location=", ".join(place_of(view)),
        url=current_settings().base_url
        + url_for("booking_timetable_pages.one_class", class_session=class_session),
        status="CANCELLED" if cancelled else "CONFIRMED",
    )
    answer = Response(calendar_file([event]), mimetype=CONTENT_TYPE)
    answer.headers["Content-Disposition"] = 'attachment; filename="class.ics"'
    return answer


def _done(done: str | None, view: SessionView) -> dict[str, Any]:
    """Return what the bar says that stands on a page after a redirect."""
    if done == "freed":
        said = _("Your other booking is cancelled. Now you can book this class.")
        return {"said": said, "symbol": "calendar-x", "undo": None}
    name = next((name for name, act in ACTS.items() if act.done == done), None)
    if name is None:
        return {"said": None}
    act = ACTS[name]
    return {
        "said": _said(name, view),
        "symbol": act.icon,
        "undo": f"/classes/{view.id}/{act.undo}" if act.undo else None,
    }


def _class_page(
    class_session: uuid.UUID,
    now: datetime,
    *,
    done: str | None = None,
    refusal: DomainError | None = None,
    refused: str | None = None,
) -> str:
    with reading() as session:
        page = queries.class_page(session, _viewer(), class_session, now)
        parts = class_parts(session, class_session, now)
    return class_page(page, now, done, refusal_messages(refusal), refused, parts)


def class_page(
    page: ClassPage,
    now: datetime,
    done: str | None = None,
    reasons: Sequence[str] = (),
    refused: str | None = None,
    parts: Sequence[str] = (),
) -> str:
    """Render the page of one class. `done`: what a redirect said; `reasons`: of a refusal; `parts`:
    what the features above show on it.
    """
    return render_template(
        "booking/timetable/class.html",
        page=page,
        view=page.view,
        policies=page.policies,
        now=now,
        kind_of_session=activity_names(language())[page.view.kind],
        **_done(done, page.view),
        reasons=reasons,
        refused=refused,
        class_parts=parts,
        levels=level_names(),
        **card_words(now),
    )
