"""The page of an offered place: who opens it changes nothing, its buttons answer.

The link in the mail carries a secret, so that it works in a browser where nobody is signed in.
"""

import uuid
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking.offers import queries, service
from zone.booking.offers.queries import OfferView
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.web.auth import current_actor, may, public
from zone.web.problems import refusal_messages

pages: Final = Blueprint("booking_offers_pages", __name__, template_folder="templates")


@pages.get("/queue/<uuid:entry>/offer/<key>")
@public
def linked_offer(entry: uuid.UUID, key: str) -> str:
    """The offer that a mail links to."""
    return _shown(entry, key, None)


@pages.post("/queue/<uuid:entry>/offer/<key>")
@public
def answer_linked(entry: uuid.UUID, key: str) -> WerkzeugResponse:
    """Take or decline the place of a mail's link; a refusal shows every reason."""
    return _answer(entry, key, None)


@pages.get("/queue/<uuid:entry>/offer")
@may(Permission.OWN_ACCOUNT)
def own_offer(entry: uuid.UUID) -> str:
    """The offer of the person who is signed in."""
    return _shown(entry, "", current_actor().id)


@pages.post("/queue/<uuid:entry>/offer")
@may(Permission.OWN_ACCOUNT)
def answer_own(entry: uuid.UUID) -> WerkzeugResponse:
    """Take or decline one's place; a refusal shows every reason."""
    return _answer(entry, "", current_actor().id)


def _answer(entry: uuid.UUID, key: str, member_id: int | None) -> WerkzeugResponse:
    now = utc_now()
    answer = service.accept if request.form.get("answer") == "take" else service.decline
    try:
        with writing() as session:
            answer(session, entry, now, key=key, member_id=member_id)
    except DomainError as refusal:
        page = _shown(entry, key, member_id, refusal)
        return Response(page, refusal.status, mimetype="text/html")
    return redirect(request.path, 303)


def _shown(
    entry: uuid.UUID, key: str, member_id: int | None, refusal: DomainError | None = None
) -> str:
    with reading() as session:
        offer = queries.offer_of(session, entry, key=key, member_id=member_id)
    return offer_page(offer, utc_now(), refusal)


def offer_page(offer: OfferView, now: datetime, refusal: DomainError | None = None) -> str:
    """Render the page of an offer, which is open or over."""
    return render_template(
        "booking/offers/offer.html",
        offer=offer,
        view=offer.session,
        is_open=offer.is_open(now),
        reasons=refusal_messages(refusal),
    )
