"""JSON API of products on sale, orders and refunds."""

import json
import uuid
from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.catalogue.errors import NO_SEASON, START_TOO_SOON, VAT_UNKNOWN
from zone.passes.orders import queries, service
from zone.passes.orders.errors import ELIGIBILITY_ENDS_FIRST, NOT_ELIGIBLE, NOT_SOLD, START_TOO_FAR
from zone.passes.orders.models import Order
from zone.passes.orders.rules import seen_by
from zone.passes.orders.schemas import (
    NewOrderSchema,
    OffersSchema,
    OrderSchema,
    PlacedOrderSchema,
    RefundSchema,
    offer_json,
)
from zone.passes.payments import service as payments
from zone.passes.payments.errors import ALREADY_REFUNDED, NOT_PAID, ORDER_SETTLED, PAYMENTS_CLOSED
from zone.passes.payments.providers.choice import provider_of
from zone.passes.receipts.rules import seller_of
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.looks import note_look
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api = Blueprint("passes_orders", __name__, tag="passes")


@api.get("/products")
@api.response(200, OffersSchema)
@may(Permission.PASSES_READ)
def list_products() -> dict[str, Any]:
    """What is sold, at one's own price, or why one cannot buy it and what to do."""
    with reading() as session:
        offers = queries.offers(
            session,
            current_actor().id,
            today=helsinki_date(utc_now()),
            seller_vat=current_settings().seller_vat,
        )
    return {"products": [offer_json(offer, language()) for offer in offers]}


@api.post("/orders")
@api.arguments(NewOrderSchema)
@api.response(201, PlacedOrderSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(
    NOT_FOUND,
    NOT_ELIGIBLE,
    ELIGIBILITY_ENDS_FIRST,
    NOT_SOLD,
    NO_SEASON,
    START_TOO_SOON,
    START_TOO_FAR,
    VAT_UNKNOWN,
    PAYMENTS_CLOSED,
)
@idempotent
def create_order(data: dict[str, Any]) -> Response:
    """Order a product and start to pay it. Send an Idempotency-Key, so that a repeated request
    orders once.
    """
    member_id, now, settings = current_actor().id, utc_now(), current_settings()

    def work(session: Session) -> dict[str, Any]:
        order = service.place_order(
            session,
            member_id,
            data["product"],
            starts_on=data["starts_on"],
            now=now,
            seller_vat=settings.seller_vat,
        )
        return _start_payment(session, order, now, settings)

    return idempotency_key.answer_once(201, work)


@api.get("/orders/<uuid:order_id>")
@api.response(200, OrderSchema)
@may(Permission.PASSES_READ)
@refuses(NOT_FOUND)
def show_order(order_id: uuid.UUID) -> queries.OrderView:
    """An order and what became of it; one's own, or anybody's at the desk."""
    with reading() as session:
        order = queries.order_row(session, order_id, member_id=seen_by(current_actor()))
        view = queries.order_view(session, order, utc_now())
        buyer = queries.buyer_of(session, order)
    if order.member_id != current_actor().id:
        note_look("order.view", "member", buyer, detail={"order": order_id})
    return view


@api.post("/orders/<uuid:order_id>/payments")
@api.response(201, PlacedOrderSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND, ORDER_SETTLED, PAYMENTS_CLOSED)
def retry_payment(order_id: uuid.UUID) -> Response:
    """Start to pay an order again, after a payment that was declined, cancelled or left."""
    now = utc_now()
    with writing() as session:
        order = queries.order_row(session, order_id, member_id=current_actor().id)
        body = _start_payment(session, order, now, current_settings())
    return Response(json.dumps(body), 201, mimetype="application/json")


@api.post("/orders/<uuid:order_id>/refund")
@api.arguments(RefundSchema)
@api.response(200, OrderSchema)
@may(Permission.ORDERS_REFUND)
@refuses(NOT_FOUND, NOT_PAID, ALREADY_REFUNDED)
def refund_order(data: dict[str, Any], order_id: uuid.UUID) -> queries.OrderView:
    """Refund an order in full; its passes end at once."""
    now = utc_now()
    with writing() as session:
        order = queries.order_row(session, order_id, member_id=None)
        payments.refund_in_full(session, current_actor(), order.id, reason=data["reason"], now=now)
        return queries.order_view(session, order, now)


def _start_payment(
    session: Session, order: Order, now: datetime, settings: Settings
) -> dict[str, Any]:
    payment_url = payments.start_payment(
        session, order, provider_of(settings), now, seller_of(settings)
    )
    view = queries.order_view(session, order, now)
    return dump_json(OrderSchema(), view) | {"payment_url": payment_url}
