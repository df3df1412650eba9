"""The page My bookings, usable without JavaScript."""

import uuid
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.attendance_marks import queries as marks_queries
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings import queries, service
from zone.booking.bookings.errors import PERSON_SUSPENDED, RIGHT_MISSING
from zone.booking.bookings.views import PAST_FIRST, Marks, SortedBookings, own_bookings
from zone.booking.cards.pages import card_words
from zone.booking.lotteries import queries as lotteries_queries
from zone.booking.lotteries import service as lotteries
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.resolution import Policies
from zone.booking.policies.rules import Policy
from zone.booking.sessions.queries import session_view
from zone.booking.sessions.views import SessionView
from zone.booking.timetable import queries as timetable_queries
from zone.booking.timetable.queries import Viewer
from zone.booking.waitlist import queries as waitlist_queries
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.terms.queries import season_on
from zone.web import one_time
from zone.web.auth import current_actor, may, reader_is_staff
from zone.web.context import booking_notices
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_bookings_pages", __name__, template_folder="templates")
ENDED_RIGHTS: Final = {code.code: code for code in (*RIGHT_MISSING, PERSON_SUSPENDED)}
"""The codes that are written as reasons of cancelled bookings; other reasons are texts."""
NOTHING: Final[dict[str, Any]] = {
    "suggested": (),
    "instead": {},
    "undo": None,
    "costs": frozenset(),
    "draws": (),
    "done": None,
    "reasons": (),
    "notices": {},
}
INSTEAD_OF: Final = 3
"""For so many cancelled bookings another class is looked for."""


@pages.app_template_filter("day_number")
def day_number(at: datetime) -> str:
    """Return the day of the month."""
    return str(helsinki_date(at).day)


@pages.post("/queue/<uuid:entry>/leave")
@may(Permission.OWN_ACCOUNT)
def leave_queue(entry: uuid.UUID) -> WerkzeugResponse:
    """Leave a waitlist; a refusal is shown above the bookings."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            waitlist.leave(session, member_id=member_id, entry=entry, now=now)
    except DomainError as refusal:
        return Response(_bookings_page(now, refusal=refusal), refusal.status, mimetype="text/html")
    return redirect(url_for("booking_bookings_pages.bookings", done="left"), 303)


@pages.post("/draws/<uuid:ticket>/withdraw")
@may(Permission.OWN_ACCOUNT)
def withdraw(ticket: uuid.UUID) -> WerkzeugResponse:
    """Withdraw from a draw; a refusal is shown above the bookings."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            lotteries.withdraw(session, member_id=member_id, ticket=ticket, now=now)
    except DomainError as refusal:
        return Response(_bookings_page(now, refusal=refusal), refusal.status, mimetype="text/html")
    return redirect(url_for("booking_bookings_pages.bookings", done="withdrawn"), 303)


@pages.post("/bookings/<uuid:booking>/cancel")
@may(Permission.OWN_ACCOUNT)
def cancel(booking: uuid.UUID) -> WerkzeugResponse:
    """Cancel a booking; a refusal is shown above the bookings.

    `instead` in the form names a class at the same time, whose page comes next.
    """
    member_id, now = current_actor().id, utc_now()
    # A page from before the limit has another button, which does not say what it costs now.
    late = request.form.get("late") == "yes"
    try:
        with writing() as session:
            service.cancel(session, member_id=member_id, booking=booking, now=now, late=late)
    except DomainError as refusal:
        return Response(_bookings_page(now, refusal=refusal), refusal.status, mimetype="text/html")
    instead = _uuid(request.form.get("instead"))
    if instead is not None:
        return redirect(f"/classes/{instead}?done=freed", 303)
    with reading() as session:
        view = queries.booking_view(session, member_id, booking, now)
    # Who takes back a late cancellation would have the mark and the place.
    cancelled = None if view.is_court or late else view.session.id
    done = "marked" if view.marked else "cancelled"
    return redirect(url_for("booking_bookings_pages.bookings", done=done, session=cancelled), 303)


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@pages.get("/bookings")
@may(Permission.OWN_ACCOUNT)
def bookings() -> str:
    """The page of one's own bookings: future and past ones, and the missed ones that count."""
    return _bookings_page(utc_now(), done=one_time.done())


def _bookings_page(
    now: datetime, *, done: str | None = None, refusal: DomainError | None = None
) -> str:
    member_id = current_actor().id
    with reading() as session:
        views = queries.with_reasons(session, queries.bookings(session, member_id, now))
        policies = policies_queries.policies(session.connection(), now, member_id)
        page = own_bookings(views, waitlist_queries.queue_places(session, member_id), now)
        marks = _marks(session, policies.of(), now)
        viewer = Viewer(member_id, reader_is_staff())
        draws = lotteries_queries.own_draws(session, member_id, now)
        nothing = not (page.held or page.waiting or draws)
        suggested = timetable_queries.next_free(session, viewer, now) if nothing else []
        instead = {
            one.id: timetable_queries.free_instead(session, member_id, one.session.id, now)
            for one in page.cancelled[:INSTEAD_OF]
            if one.reason is not None and not one.is_court and one.session.starts_at > now
        }
        extra = {
            "suggested": suggested,
            "instead": instead,
            "costs": _costs_of_late(session, page, now),
            "draws": draws,
            "undo": _undo(session, done),
            "done": done_sentence(done),
            "notices": booking_notices(session, member_id, language(), now),
        }
    return bookings_page(page, marks, policies, now, reasons=refusal_messages(refusal), **extra)


def bookings_page(
    page: SortedBookings, marks: Marks | None, policies: Policies, now: datetime, **extra: Any
) -> str:
    """Render the page of a person's bookings.

    `extra`: `suggested` classes, `instead` of cancelled ones by booking, the bookings that it
    `costs` a mark to cancel late, the person's `draws`, what was `done` and can be undone (`undo`:
    a class), `reasons` of a refusal, and `notices` by booking.
    """
    return render_template(
        "booking/bookings/bookings.html",
        page=page,
        marks=marks,
        now=now,
        policies=policies,
        past_first=PAST_FIRST,
        sentence=_sentence,
        **NOTHING | extra,
        **card_words(now),
    )


def done_sentence(done: str | None) -> str | None:
    """Return the confirmation of what was just done, by the parameter of the redirect."""
    return {
        "booked": _("You have a place again."),
        "cancelled": _("Your booking is cancelled."),
        "marked": _("Your booking is cancelled. Others wanted the place, so it is a mark."),
        "left": _("You have left the queue."),
        "withdrawn": _("You are no longer in the draw."),
        "moved": _("Your booking has moved to the new time."),
    }.get(done or "")


def _undo(session: Session, done: str | None) -> SessionView | None:
    """Return the class that can be booked again, after its booking was cancelled."""
    class_session = _uuid(request.args.get("session"))
    if done != "cancelled" or class_session is None:
        return None
    try:
        return session_view(
            session, class_session, member_id=current_actor().id, sees_hidden=reader_is_staff()
        )
    except DomainError:  # of a hidden group
        return None


def _marks(session: Session, policy: Policy, now: datetime) -> Marks | None:
    member_id = current_actor().id
    counting = [one for one in marks_queries.marks(session, member_id, now) if one.counts]
    until = banned_until(session, member_id, now)
    if not counting and until is None:
        return None
    term = season_on(session, helsinki_date(now))
    return Marks(
        len(counting),
        policy.no_shows,
        counting,
        term.ends_on if term else None,
        until,
        policy.suspension_days,
    )


def _costs_of_late(session: Session, page: SortedBookings, now: datetime) -> set[uuid.UUID]:
    """Return the bookings whose late cancellation would be a mark now."""
    late = [one.id for one in (*page.offers, *page.coming) if one.may_cancel_late(now)]
    return marks_queries.scarce_among(session, late, now)


def _sentence(reason: str) -> str:
    """Return why a booking was cancelled: a text, or the sentence of an error's code."""
    code = ENDED_RIGHTS.get(reason)
    return reason if code is None else code.text(language())
