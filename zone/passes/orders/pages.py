"""Pages of buying: products, review, and the order. Plain forms, no script."""

import uuid
from datetime import date
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.text import clean_text
from zone.core.time import helsinki_date
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue import rules as catalogue_rules
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.orders import queries, service
from zone.passes.orders.errors import ELIGIBILITY_ENDS_FIRST, START_TOO_FAR
from zone.passes.orders.rules import seen_by
from zone.passes.payments import service as payments
from zone.passes.payments.errors import ALREADY_REFUNDED
from zone.passes.payments.providers.choice import provider_of
from zone.passes.receipts.rules import seller_of
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.problems import BAD_REQUEST, INVALID_INPUT

pages = Blueprint("passes_orders_pages", __name__, template_folder="templates")
START_WRONG: Final = frozenset({ELIGIBILITY_ENDS_FIRST, START_TOO_FAR, START_TOO_SOON})


@pages.app_template_filter("own_name")
def own_name(names: dict[str, str]) -> str:
    """The name of a product in the reader's language."""
    return names[language()]


@pages.get("/buy")
@may(Permission.OWN_ACCOUNT)
def products() -> str:
    """What is sold, at one's own price, or why not and what to do."""
    with reading() as session:
        offers = queries.offers(
            session,
            current_actor().id,
            today=helsinki_date(utc_now()),
            seller_vat=current_settings().seller_vat,
        )
    return render_template(
        "passes/orders/products.html", offers=offers, reason=_shared_reason(offers)
    )


def _shared_reason(offers: list[queries.PriceQuote]) -> str | None:
    """One sentence at the top where the person cannot buy anything, all for the same reason."""
    refusals = {offer.refusal.code: offer.refusal for offer in offers if offer.refusal}
    if len(refusals) != 1 or any(offer.quote for offer in offers):
        return None
    (refusal,) = refusals.values()
    return refusal.reasons[0].text(language(), refusal.params)


@pages.get("/buy/<code>")
@may(Permission.OWN_ACCOUNT)
def review(code: str) -> str | tuple[str, int]:
    """The product, the days and the price, before it is ordered. `?starts_on=` shows another first day.

    A day that cannot be is told at its field, beside the offer as it stands without it.
    """
    starts_on = _day(request.args.get("starts_on"))
    try:
        return _review(code, starts_on)
    except DomainError as refusal:
        if starts_on is None or not START_WRONG & set(refusal.reasons):
            raise
        error = refusal.reasons[0].text(language(), refusal.params)
        return _review(code, None, typed=starts_on, error=error), refusal.status


def _review(
    code: str, starts_on: date | None, *, typed: date | None = None, error: str | None = None
) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        product = catalogue_queries.product_by_code(session, code)
        quote = queries.quote_price(
            session,
            current_actor().id,
            product,
            starts_on=starts_on,
            today=today,
            seller_vat=current_settings().seller_vat,
        )
    vat = (
        catalogue_rules.percent_of(quote.vat_bp),
        catalogue_rules.vat_cents(quote.cents, quote.vat_bp),
    )
    return render_template(
        "passes/orders/review.html",
        product=product,
        quote=quote,
        chosen=starts_on,
        today=today,
        vat=vat,
        key=new_secret(),
        typed=typed or quote.starts_on,
        error=error,
    )


def _day(given: str | None) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise DomainError(BAD_REQUEST) from error


@pages.post("/buy/<code>")
@may(Permission.OWN_ACCOUNT)
def order(code: str) -> BaseResponse:
    """Order, and go to pay. The form carries its own key: a second tap leads to the same order and payment."""
    starts_on = _day(request.form.get("starts_on"))
    going = idempotency_key.submit_once(starts_on, lambda session: _order(session, code, starts_on))
    return redirect(going["to"], 303)


def _order(session: Session, code: str, starts_on: date | None) -> dict[str, Any]:
    settings, now = current_settings(), utc_now()
    placed = service.place_order(
        session,
        current_actor().id,
        code,
        starts_on=starts_on,
        now=now,
        seller_vat=settings.seller_vat,
    )
    payment_url = payments.start_payment(
        session, placed, provider_of(settings), now, seller_of(settings)
    )
    return {"to": payment_url or f"/orders/{placed.public_id}"}


@pages.post("/orders/<uuid:order_id>/pay")
@may(Permission.OWN_ACCOUNT)
def pay_again(order_id: uuid.UUID) -> BaseResponse:
    """Try to pay an order again."""
    settings = current_settings()
    with writing() as session:
        row = queries.order_row(session, order_id, member_id=current_actor().id)
        payment_url = payments.start_payment(
            session, row, provider_of(settings), utc_now(), seller_of(settings)
        )
    return redirect(payment_url or f"/orders/{order_id}", 303)


@pages.get("/orders/<uuid:order_id>")
@may(Permission.OWN_ACCOUNT)
def show_order(order_id: uuid.UUID) -> str:
    """What became of an order: its pass, its receipt, or how to pay it."""
    actor = current_actor()
    with reading() as session:
        row = queries.order_row(session, order_id, member_id=seen_by(actor))
        view = queries.order_view(session, row, utc_now())
    return render_template(
        "passes/orders/order.html",
        order=view,
        own=row.member_id == actor.id,
        desk=actor.may(Permission.ORDERS_REFUND),
    )


@pages.post("/orders/<uuid:order_id>/refund")
@may(Permission.ORDERS_REFUND)
def refund(order_id: uuid.UUID) -> BaseResponse:
    """Refund an order in full, with a reason that stays on record; a second tap leads to the refunded order too."""
    reason = clean_text(request.form.get("reason", ""))[:500]
    if not reason:
        raise DomainError(INVALID_INPUT)
    try:
        with writing() as session:
            row = queries.order_row(session, order_id, member_id=None)
            payments.refund_in_full(
                session, row.id, reason=reason, now=utc_now(), actor_id=current_actor().id
            )
    except DomainError as refusal:
        if refusal.reasons[0] is not ALREADY_REFUNDED:
            raise
    return redirect(f"/orders/{order_id}", 303)
