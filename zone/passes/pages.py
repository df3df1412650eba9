"""Pages of buying: products, review, the order with its receipt. Plain forms, no script."""

import uuid
from datetime import date
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.ids import new_secret
from zone.core.text import tidy
from zone.core.time import helsinki_date
from zone.db import reading, writing
from zone.http import idempotency
from zone.http.auth import current_actor, public, require, signed_in
from zone.http.context import current_settings
from zone.http.drawing import qr_png
from zone.http.problems import BAD_REQUEST, INVALID, language
from zone.passes import catalogue, checkout, order_queries, rules, service
from zone.passes.api import DESK, seen_by
from zone.passes.errors import ALREADY_REFUNDED, ENDS_BEFORE_START, START_TOO_FAR, START_TOO_SOON
from zone.passes.ledger import seller_of
from zone.passes.providers import provider_of

pages = Blueprint("buying", __name__, template_folder="templates")
START_WRONG: Final = frozenset({ENDS_BEFORE_START, START_TOO_FAR, START_TOO_SOON})


@pages.app_template_filter("own_name")
def own_name(names: dict[str, str]) -> str:
    """The name of a product in the reader's language."""
    return names[language()]


@pages.get("/buy")
@signed_in
def products() -> str:
    """What is sold, at one's own price, or why not and what to do."""
    with reading() as session:
        offers = order_queries.offers(
            session, current_actor().id, today=helsinki_date(utc_now()), seller_vat=current_settings().seller_vat
        )
    return render_template("passes/products.html", offers=offers, reason=_shared_reason(offers))


def _shared_reason(offers: list[order_queries.Offer]) -> str | None:
    """One sentence at the top where the person cannot buy anything, all for the same reason."""
    refusals = {offer.refusal.code: offer.refusal for offer in offers if offer.refusal}
    if len(refusals) != 1 or any(offer.quote for offer in offers):
        return None
    (refusal,) = refusals.values()
    return refusal.reasons[0].text(language(), refusal.params)


@pages.get("/buy/<code>")
@signed_in
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


def _review(code: str, starts_on: date | None, *, typed: date | None = None, error: str | None = None) -> str:
    today = helsinki_date(utc_now())
    with reading() as session:
        product = catalogue.product_by_code(session, code)
        quote = checkout.quote(
            session, current_actor().id, product, starts_on=starts_on, today=today,
            seller_vat=current_settings().seller_vat,
        )  # fmt: skip
    vat = rules.percent_of(quote.vat_bp), rules.vat_cents(quote.cents, quote.vat_bp)
    return render_template(
        "passes/review.html", product=product, quote=quote, chosen=starts_on, today=today, vat=vat, key=new_secret(),
        typed=typed or quote.starts_on, error=error,
    )  # fmt: skip


def _day(given: str | None) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise DomainError(BAD_REQUEST) from error


@pages.post("/buy/<code>")
@signed_in
def order(code: str) -> BaseResponse:
    """Order, and go to pay. The form carries its own key: a second tap leads to the same order and payment."""
    starts_on = _day(request.form.get("starts_on"))
    going = idempotency.submit_once(starts_on, lambda session: _order(session, code, starts_on))
    return redirect(going["to"], 303)


def _order(session: Session, code: str, starts_on: date | None) -> dict[str, Any]:
    settings, now = current_settings(), utc_now()
    placed = checkout.place_order(
        session, current_actor().id, code, starts_on=starts_on, now=now, seller_vat=settings.seller_vat
    )
    payment_url = checkout.start_payment(session, placed, provider_of(settings), now, seller_of(settings))
    return {"to": payment_url or f"/orders/{placed.public_id}"}


@pages.post("/orders/<uuid:order_id>/pay")
@signed_in
def pay_again(order_id: uuid.UUID) -> BaseResponse:
    """Try to pay an order again."""
    settings = current_settings()
    with writing() as session:
        row = order_queries.order_row(session, order_id, member_id=current_actor().id)
        payment_url = checkout.start_payment(session, row, provider_of(settings), utc_now(), seller_of(settings))
    return redirect(payment_url or f"/orders/{order_id}", 303)


@pages.get("/orders/<uuid:order_id>")
@signed_in
def show_order(order_id: uuid.UUID) -> str:
    """What became of an order: its pass, its receipt, or how to pay it."""
    actor = current_actor()
    with reading() as session:
        row = order_queries.order_row(session, order_id, member_id=seen_by(actor))
        view = order_queries.order_view(session, row, utc_now())
    return render_template("passes/order.html", order=view, own=row.member_id == actor.id, desk=_refunds(actor.roles))


def _refunds(roles: frozenset[str]) -> bool:
    return bool(roles & (DESK - {"admin"}))


@pages.post("/orders/<uuid:order_id>/refund")
@require("desk", "manager")
def refund(order_id: uuid.UUID) -> BaseResponse:
    """Refund an order in full, with a reason that stays on record; a second tap leads to the refunded order too."""
    reason = tidy(request.form.get("reason", ""))[:500]
    if not reason:
        raise DomainError(INVALID)
    try:
        with writing() as session:
            row = order_queries.order_row(session, order_id, member_id=None)
            service.refund_in_full(session, row.id, reason=reason, now=utc_now(), actor_id=current_actor().id)
    except DomainError as refusal:
        if refusal.reasons[0] is not ALREADY_REFUNDED:
            raise
    return redirect(f"/orders/{order_id}", 303)


@pages.post("/passes/<uuid:pass_id>/activate")
@signed_in
def activate(pass_id: uuid.UUID) -> BaseResponse:
    """Take one's pass into use now."""
    with writing() as session:
        service.activate_own(session, current_actor().id, pass_id, utc_now())
    return redirect("/pass", 303)


@pages.get("/receipts")
@signed_in
def receipts() -> str:
    """One's receipts, the newest first."""
    with reading() as session:
        return render_template("passes/receipts.html", receipts=order_queries.receipts_of(session, current_actor().id))


@pages.get("/receipts/<number>")
@signed_in
def receipt(number: str) -> str:
    """A receipt to print."""
    return render_template("passes/receipt.html", page=_receipt(number))


@pages.get("/receipts/<number>/code.png")
@signed_in
def receipt_code(number: str) -> Response:
    """The address of the order as a picture, so that the desk finds it from the paper. It opens no door."""
    order_id = _receipt(number).order_id
    return Response(qr_png(f"{current_settings().base_url}/orders/{order_id}", module_pixels=4), mimetype="image/png")


def _receipt(number: str) -> order_queries.ReceiptPage:
    with reading() as session:
        return order_queries.receipt_page(session, number, member_id=seen_by(current_actor()))


@pages.route("/payments/callback", methods=["GET", "POST"])
@public
def callback() -> Any:
    """Where the payment provider reports, by the person's browser (GET) and from its server (POST), signed."""
    settings = current_settings()
    provider = provider_of(settings)
    notice = provider.read(request.values.to_dict())
    with writing() as session:
        settled = checkout.settle(session, provider.name, notice, utc_now(), seller_of(settings))
    if request.method == "POST":
        return {"order": str(settled.public_id)}
    return redirect(f"/orders/{settled.public_id}", 303)
