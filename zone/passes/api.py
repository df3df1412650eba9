"""JSON of buying and holding passes."""

import json
import uuid
from datetime import datetime
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.config import Settings
from zone.core.clock import utc_now
from zone.core.time import helsinki_date
from zone.db import reading, writing
from zone.http import idempotency
from zone.http.auth import Actor, current_actor, require, scope, signed_in
from zone.http.blueprint import Blueprint
from zone.http.context import current_settings
from zone.http.problems import language
from zone.passes import checkout, order_queries, queries, service
from zone.passes.ledger import seller_of
from zone.passes.models import Order
from zone.passes.providers import provider_of
from zone.passes.schemas import (
    HeldPassesSchema,
    HeldPassSchema,
    NewOrderSchema,
    OffersSchema,
    OrderSchema,
    OwnReceiptsSchema,
    PlacedOrderSchema,
    RefundSchema,
    SalesReceiptPageSchema,
    offer_json,
)

DESK: Final = frozenset({"desk", "manager", "admin"})

api = Blueprint("passes", __name__, tag="passes")


def seen_by(actor: Actor) -> int | None:
    """Whose orders an actor may read: their own, or everybody's (None) at the desk.

    A token reads other people's only where it may read people: what everybody may hand on opens one's own things.
    """
    others = actor.scopes is None or "people:read" in actor.scopes
    return None if others and actor.roles & DESK else actor.id


@api.get("/products")
@api.response(200, OffersSchema)
@signed_in
@scope("passes:read")
def list_products() -> dict[str, Any]:
    """What is sold, at one's own price, or why one cannot buy it and what to do."""
    with reading() as session:
        offers = order_queries.offers(
            session,
            current_actor().id,
            today=helsinki_date(utc_now()),
            seller_vat=current_settings().seller_vat,
        )
    return {"products": [offer_json(offer, language()) for offer in offers]}


@api.post("/orders")
@api.arguments(NewOrderSchema)
@api.response(201, PlacedOrderSchema)
@signed_in
def create_order(new: dict[str, Any]) -> Response:
    """Order a product and start to pay it. Send an Idempotency-Key, so that a repeated request orders once.

    Errors: not_found, not_eligible, eligibility_ends_first, not_sold, no_season, start_too_soon, start_too_far,
    vat_unknown, payments_closed, idempotency_mismatch, idempotency_key_invalid.
    """
    member_id, now, settings = current_actor().id, utc_now(), current_settings()
    return idempotency.answer_once(201, lambda session: _order(session, member_id, new, now, settings))


def _order(session: Session, member_id: int, new: dict[str, Any], now: datetime, settings: Settings) -> dict[str, Any]:
    order = checkout.place_order(
        session, member_id, new["product"], starts_on=new["starts_on"], now=now, seller_vat=settings.seller_vat
    )
    return _payable(session, order, now, settings)


def _payable(session: Session, order: Order, now: datetime, settings: Settings) -> dict[str, Any]:
    payment_url = checkout.start_payment(session, order, provider_of(settings), now, seller_of(settings))
    body: dict[str, Any] = OrderSchema().dump(order_queries.order_view(session, order, now))
    return body | {"payment_url": payment_url}


@api.get("/orders/<uuid:order_id>")
@api.response(200, OrderSchema)
@signed_in
@scope("passes:read")
def show_order(order_id: uuid.UUID) -> order_queries.OrderView:
    """An order and what became of it; one's own, or anybody's at the desk. Errors: not_found."""
    with reading() as session:
        order = order_queries.order_row(session, order_id, member_id=seen_by(current_actor()))
        return order_queries.order_view(session, order, utc_now())


@api.post("/orders/<uuid:order_id>/payments")
@api.response(201, PlacedOrderSchema)
@signed_in
def retry_payment(order_id: uuid.UUID) -> Response:
    """Start to pay an order again, after a payment that was declined, cancelled or left.

    Errors: not_found, order_settled, payments_closed.
    """
    now = utc_now()
    with writing() as session:
        order = order_queries.order_row(session, order_id, member_id=current_actor().id)
        body = _payable(session, order, now, current_settings())
    return Response(json.dumps(body), 201, mimetype="application/json")


@api.post("/orders/<uuid:order_id>/refund")
@api.arguments(RefundSchema)
@api.response(200, OrderSchema)
@require("desk", "manager")
def refund_order(given: dict[str, Any], order_id: uuid.UUID) -> order_queries.OrderView:
    """Refund an order in full; its passes end at once. Errors: not_found, not_paid, already_refunded."""
    now = utc_now()
    with writing() as session:
        order = order_queries.order_row(session, order_id, member_id=None)
        service.refund_in_full(session, order.id, reason=given["reason"], now=now, actor_id=current_actor().id)
        return order_queries.order_view(session, order, now)


@api.get("/me/passes")
@api.response(200, HeldPassesSchema)
@signed_in
@scope("passes:read")
def list_passes() -> dict[str, Any]:
    """One's passes, the newest first."""
    with reading() as session:
        return {"passes": queries.passes_of(session, current_actor().id, utc_now())}


@api.post("/me/passes/<uuid:pass_id>/activate")
@api.response(200, HeldPassSchema)
@signed_in
def activate_pass(pass_id: uuid.UUID) -> queries.PassView:
    """Take a pass into use by hand; the first visit does it too. Doing it again changes nothing.

    Errors: not_found, pass_ended, pass_not_yet, pass_expired.
    """
    actor, now = current_actor(), utc_now()
    with writing() as session:
        service.activate_own(session, actor.id, pass_id, now)
        return next(view for view in queries.passes_of(session, actor.id, now) if view.id == pass_id)


@api.get("/me/receipts")
@api.response(200, OwnReceiptsSchema)
@signed_in
@scope("passes:read")
def list_receipts() -> dict[str, Any]:
    """One's receipts, the newest first."""
    with reading() as session:
        return {"receipts": order_queries.receipts_of(session, current_actor().id)}


@api.get("/me/receipts/<number>")
@api.response(200, SalesReceiptPageSchema)
@signed_in
@scope("passes:read")
def show_receipt(number: str) -> order_queries.ReceiptPage:
    """One's receipt by its number, such as 2026-17. Errors: not_found."""
    with reading() as session:
        return order_queries.receipt_page(session, number, member_id=current_actor().id)
