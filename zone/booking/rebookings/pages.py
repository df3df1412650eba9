"""The page on which a person moves a booking to another time of the same class."""

import uuid
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.policies import queries as policies_queries
from zone.booking.rebookings import queries, service
from zone.booking.rebookings.queries import OtherTimes
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.problems import INVALID_INPUT, refusal_messages

pages: Final = Blueprint("booking_rebookings_pages", __name__, template_folder="templates")


@pages.get("/bookings/<uuid:booking>/move")
@may(Permission.OWN_ACCOUNT)
def other_times(booking: uuid.UUID) -> str:
    """The other times of a booked class."""
    return _page(booking)


@pages.post("/bookings/<uuid:booking>/move")
@may(Permission.OWN_ACCOUNT)
def move_booking(booking: uuid.UUID) -> WerkzeugResponse:
    """Move the booking; a refusal shows every reason above the other times."""
    try:
        to = _chosen()
        with writing() as session:
            service.rebook(
                session, member_id=current_actor().id, booking=booking, to=to, now=utc_now()
            )
    except DomainError as refusal:
        return Response(_page(booking, refusal), refusal.status, mimetype="text/html")
    return redirect(url_for("booking_bookings_pages.bookings", done="moved"), 303)


def _chosen() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("session", ""))
    except ValueError as error:
        raise DomainError(INVALID_INPUT) from error


def _page(booking: uuid.UUID, refusal: DomainError | None = None) -> str:
    now = utc_now()
    with reading() as session:
        member_id = current_actor().id
        policies = policies_queries.policies(session.connection(), now, member_id)
        found = queries.other_times(session, member_id, booking, policies, now)
    return other_times_page(found, refusal)


def other_times_page(found: OtherTimes, refusal: DomainError | None = None) -> str:
    """Render the other times of a booking."""
    return render_template(
        "booking/rebookings/other_times.html",
        booking=found.booking,
        view=found.booking.session,
        others=found.sessions,
        reasons=refusal_messages(refusal),
    )
