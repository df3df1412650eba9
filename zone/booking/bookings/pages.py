"""The page My bookings, usable without JavaScript."""

import uuid
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.bookings import context, queries, service
from zone.booking.bookings import views as bookings_views
from zone.booking.no_shows import queries as no_shows_queries
from zone.booking.policies import queries as policies_queries
from zone.booking.waitlist import queries as waitlist_queries
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.web import one_time
from zone.web.auth import current_actor, may
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_bookings_pages", __name__, template_folder="templates")


def _done() -> str | None:
    """Return the confirmation of what was just done, by the parameter of the redirect."""
    return {
        "cancelled": _("Your booking is cancelled."),
        "left": _("You have left the queue."),
    }.get(one_time.done() or "")


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


@pages.post("/bookings/<uuid:booking>/cancel")
@may(Permission.OWN_ACCOUNT)
def cancel(booking: uuid.UUID) -> WerkzeugResponse:
    """Cancel a booking; a refusal is shown above the bookings."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            service.cancel(session, member_id=member_id, booking=booking, now=now)
    except DomainError as refusal:
        return Response(_bookings_page(now, refusal=refusal), refusal.status, mimetype="text/html")
    return redirect(url_for("booking_bookings_pages.bookings", done="cancelled"), 303)


@pages.get("/bookings")
@may(Permission.OWN_ACCOUNT)
def bookings() -> str:
    """The page of one's own bookings: future and past ones, and the missed ones that count."""
    return _bookings_page(utc_now(), done=_done())


def _bookings_page(
    now: datetime, *, done: str | None = None, refusal: DomainError | None = None
) -> str:
    member_id = current_actor().id
    with reading() as session:
        views = queries.bookings(session, member_id, now)
        missed = len(context.booker_state(session.connection(), member_id, now).missed)
        until, policy = (
            no_shows_queries.suspended_until(session, member_id, now),
            policies_queries.policy(session.connection()),
        )
        queue = waitlist_queries.queue_places(session, member_id)
    return render_template(
        "booking/bookings/bookings.html",
        now=now,
        policy=policy,
        missed=missed,
        suspended_until=until,
        done=done,
        queue=queue,
        reasons=refusal_messages(refusal),
        **_split(views, now),
    )


def _split(views: list[bookings_views.BookingView], now: datetime) -> dict[str, Any]:
    """Return future bookings, those too late to cancel, and the others, newest first."""
    coming = [view for view in views if view.state == "booked" and view.session.ends_at > now]
    past = [view for view in reversed(views) if view not in coming]
    late = {view.id for view in coming if now > view.cancel_until}
    return {"coming": coming, "past": past, "late": late}
