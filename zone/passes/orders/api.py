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
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.passes.credit_notes.errors import CREDIT_TOO_HIGH
from zone.passes.orders import queries, service
from zone.passes.orders.errors import (
    ORDER_EXPIRED,
    ORDER_OUTDATED,
    QUOTE_CHANGED,
)
from zone.passes.orders.models import Order
from zone.passes.orders.rules import ShownQuote, WantedLine, seen_by
from zone.passes.orders.schemas import (
    LinesRefundSchema,
    NewOrderSchema,
    OffersSchema,
    OrderSchema,
    PaymentChoiceSchema,
    PlacedOrderSchema,
    chosen_lines,
    offer_json,
)
from zone.passes.passes.errors import PASS_ENDED
from zone.passes.payment_setup.queries import switched_off
from zone.passes.payments import flows
from zone.passes.payments import service as payments
from zone.passes.payments.errors import (
    ALREADY_REFUNDED,
    METHOD_UNKNOWN,
    NOT_PAID,
    NOTHING_TO_REFUND,
    ORDER_REFUNDED,
    ORDER_SETTLED,
    PAYMENTS_CLOSED,
)
from zone.passes.payments.providers.choice import chosen_provider
from zone.passes.quotas.errors import SOLD_OUT
from zone.passes.quotes.errors import OF_QUOTE
from zone.passes.quotes.queries import offers
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.receipts.queries import seller_of
from zone.passes.receipts.rules import Seller
from zone.passes.refund_requests import service as refund_requests
from zone.passes.refund_requests.errors import REFUND_WAITS
from zone.passes.sale_terms.errors import TERMS_CHANGED
from zone.passes.sale_terms.service import check_shown
from zone.passes.tills.errors import TILL_CLOSED, TILL_SHORT
from zone.passes.upgrades.errors import NO_UPGRADE, PASS_UPGRADED
from zone.passes.upgrades.service import order_upgrade
from zone.passes.vouchers.errors import OF_CODE
from zone.passes.vouchers.flows import counted_try
from zone.passes.withdrawals.errors import WITHDRAWAL_OVER
from zone.passes.withdrawals.service import record_consent, withdraw
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings, end_what_rests_on
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
        seller = seller_of(session, current_settings())
        found = offers(
            session,
            current_actor().id,
            now=utc_now(),
            seller_vat=seller.charges_vat,
            seller=seller,
        )
    return {"products": [offer_json(offer, language()) for offer in found]}


@api.post("/orders")
@api.arguments(NewOrderSchema)
@api.response(201, PlacedOrderSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(
    *OF_QUOTE,
    NO_UPGRADE,
    PASS_ENDED,
    QUOTE_CHANGED,
    SELLER_MISSING,
    PAYMENTS_CLOSED,
    *OF_CODE,
    TOO_MANY_REQUESTS,
    TERMS_CHANGED,
)
@idempotent
def create_order(data: dict[str, Any]) -> Response:
    """Order one product, or several as `lines`, and start to pay. Send an Idempotency-Key, so that
    a repeated request orders once; also after a 503 of the payment provider.
    """
    member_id, now, settings = current_actor().id, utc_now(), current_settings()

    def work(session: Session) -> dict[str, Any]:
        seller = seller_of(session, settings)
        check_shown(session, data["terms"], now)
        order = _place(session, member_id, data, now, seller)
        if data["consent"]:
            record_consent(session, order, now)
        return create_payment(session, order, data["provider"], now, settings)

    with counted_try(member_id, data["voucher"], now):
        status, stored = idempotency_key.run_once(201, work)
    return answer_order(status, stored, settings, now)


def _place(
    session: Session, member_id: int, data: dict[str, Any], now: datetime, seller: Seller
) -> Order:
    shown = data["shown"] and ShownQuote(**data["shown"])
    if data["upgrades"]:
        return order_upgrade(
            session,
            member_id,
            data["upgrades"],
            data["product"],
            shown=shown,
            now=now,
            seller=seller,
        )
    one = {"product": data["product"], "starts_on": data["starts_on"], "shown": data["shown"]}
    return service.place_lines(
        session,
        member_id,
        [
            WantedLine(
                line["product"],
                line["starts_on"],
                line["shown"] and ShownQuote(**line["shown"]),
            )
            for line in data["lines"] or [one]
        ],
        voucher=data["voucher"],
        discount=data["discount"],
        now=now,
        seller=seller,
    )


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
        note_look("order.view", "member", buyer.id, detail={"order": order_id})
    return view


@api.post("/orders/<uuid:order_id>/payments")
@api.arguments(PaymentChoiceSchema, location="query")
@api.response(201, PlacedOrderSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(
    NOT_FOUND,
    ORDER_REFUNDED,
    ORDER_SETTLED,
    ORDER_OUTDATED,
    ORDER_EXPIRED,
    SOLD_OUT,
    SELLER_MISSING,
    PAYMENTS_CLOSED,
)
def retry_payment(query: dict[str, Any], order_id: uuid.UUID) -> Response:
    """Start to pay an order again, after a payment that was declined, cancelled or left."""
    now, settings = utc_now(), current_settings()
    with writing() as session:
        order = queries.order_row(session, order_id, member_id=current_actor().id)
        stored = create_payment(session, order, query["provider"], now, settings)
    return answer_order(201, stored, settings, now)


@api.post("/orders/<uuid:order_id>/withdrawal")
@api.response(200, OrderSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(NOT_FOUND, NOT_PAID, ALREADY_REFUNDED, WITHDRAWAL_OVER, PASS_UPGRADED)
def withdraw_from_order(order_id: uuid.UUID) -> queries.OrderView:
    """Withdraw from one's own order: what the rules pay back is refunded; its passes end."""
    now = utc_now()
    with writing() as session:
        order = queries.order_row(session, order_id, member_id=current_actor().id)
        withdraw(session, order, now)
        view = queries.order_view(session, order, now)
    end_what_rests_on([order.member_id], now)
    return view


@api.post("/orders/<uuid:order_id>/refund")
@api.arguments(LinesRefundSchema)
@api.response(200, OrderSchema)
@may(Permission.ORDERS_REFUND)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    NOT_PAID,
    ALREADY_REFUNDED,
    CREDIT_TOO_HIGH,
    NOTHING_TO_REFUND,
    METHOD_UNKNOWN,
    PASS_UPGRADED,
    REFUND_WAITS,
    TILL_CLOSED,
    TILL_SHORT,
)
def refund_order(data: dict[str, Any], order_id: uuid.UUID) -> queries.OrderView:
    """Refund lines of an order in whole or in part, or all that is left. The pass of a line of
    which nothing is left ends at once. Above the limit nothing is given back yet: `refund_request`
    waits for another person, who confirms or declines it.
    """
    now = utc_now()
    with writing() as session:
        order = queries.order_row(session, order_id, member_id=None)
        refund_requests.refund_or_ask(
            session,
            current_actor(),
            order.id,
            chosen_lines(data["lines"]),
            reason=data["reason"],
            method=data["method"],
            now=now,
        )
        view = queries.order_view(session, order, now)
    end_what_rests_on([order.member_id], now)
    return view


def create_payment(
    session: Session, order: Order, provider: str | None, now: datetime, settings: Settings
) -> dict[str, Any]:
    """Store a payment of an order; return what `answer_order` needs."""
    chosen = chosen_provider(settings, provider, switched_off(session))
    payment = payments.create_payment(session, order, chosen, now, seller_of(session, settings))
    view = queries.order_view(session, order, now)
    return {"payment": payment.id, "order": dump_json(OrderSchema(), view)}


def answer_order(
    status: int, stored: dict[str, Any], settings: Settings, now: datetime
) -> Response:
    """Create the payment at its provider, after the transaction that stored it, and answer."""
    if "payment" not in stored:  # a request that was answered before an upgrade, once more
        return _json(status, stored)
    address = flows.start_payment(settings, stored["payment"], now)
    return _json(status, stored["order"] | {"payment_url": address})


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
