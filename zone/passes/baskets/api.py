"""JSON API of one's own basket: what is in it, its discount code, and ordering it."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.passes.baskets import schemas, service
from zone.passes.baskets.errors import BASKET_EMPTY, BASKET_FULL
from zone.passes.baskets.queries import basket_view
from zone.passes.orders.api import answer_order, create_payment
from zone.passes.orders.errors import (
    QUOTE_CHANGED,
)
from zone.passes.orders.schemas import PlacedOrderSchema
from zone.passes.orders.views import sentence_of
from zone.passes.payments.errors import PAYMENTS_CLOSED
from zone.passes.quotes.errors import OF_QUOTE
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.receipts.queries import seller_of
from zone.passes.sale_terms.errors import TERMS_CHANGED
from zone.passes.sale_terms.service import check_shown
from zone.passes.vouchers.errors import OF_CODE, VOUCHER_UNKNOWN
from zone.passes.vouchers.flows import check_code
from zone.passes.withdrawals.service import record_consent
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("passes_baskets", __name__, tag="passes")


@api.get("/basket")
@api.response(200, schemas.BasketSchema)
@may(Permission.OWN_ACCOUNT)
def show_basket() -> dict[str, Any]:
    """What is in one's own basket, at today's prices."""
    with reading() as session:
        return _basket(session)


@api.post("/basket/lines")
@api.arguments(schemas.BasketLineFormSchema)
@api.response(200, schemas.BasketSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(*OF_QUOTE, BASKET_FULL)
def put_in_basket(data: dict[str, Any]) -> dict[str, Any]:
    """Put a product in one's basket, or give the one that is in it another first day."""
    with writing() as session:
        seller = seller_of(session, current_settings())
        service.put_in(
            session,
            current_actor().id,
            data["product"],
            starts_on=data["starts_on"],
            now=utc_now(),
            seller=seller,
        )
        return _basket(session)


@api.delete("/basket/lines/<code>")
@api.response(200, schemas.BasketSchema)
@may(Permission.OWN_ACCOUNT)
def take_out_of_basket(code: str) -> dict[str, Any]:
    """Take a product out of one's basket; one that is not in it is no error."""
    with writing() as session:
        service.take_out(session, current_actor().id, code)
        return _basket(session)


@api.put("/basket/voucher")
@api.arguments(schemas.BasketCodeFormSchema)
@api.response(200, schemas.BasketSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(VOUCHER_UNKNOWN, TOO_MANY_REQUESTS)
def set_basket_code(data: dict[str, Any]) -> dict[str, Any]:
    """Give a discount code for one's basket; without it the one that there is is taken out."""
    member_id, now = current_actor().id, utc_now()
    if data["voucher"]:
        check_code(member_id, data["voucher"], now)
    with writing() as session:
        service.set_code(session, member_id, data["voucher"] or None)
        return _basket(session)


@api.post("/basket/order")
@api.arguments(schemas.BasketOrderFormSchema)
@api.response(201, PlacedOrderSchema)
@may(Permission.OWN_ACCOUNT)
@refuses(
    *OF_QUOTE,
    BASKET_EMPTY,
    QUOTE_CHANGED,
    TERMS_CHANGED,
    SELLER_MISSING,
    PAYMENTS_CLOSED,
    *OF_CODE,
)
@idempotent
def order_basket(data: dict[str, Any]) -> Response:
    """Order one's basket as it was shown, and start to pay. Send an Idempotency-Key."""
    member_id, now, settings = current_actor().id, utc_now(), current_settings()

    def work(session: Session) -> dict[str, Any]:
        check_shown(session, data["terms"], now)
        order = service.order_basket(
            session,
            member_id,
            shown=data["lines"],
            discount=data["discount"],
            now=now,
            seller=seller_of(session, settings),
        )
        if data["consent"]:
            record_consent(session, order, now)
        return create_payment(session, order, data["provider"], now, settings)

    status, stored = idempotency_key.run_once(201, work)
    return answer_order(status, stored, settings, now)


def _basket(session: Session) -> dict[str, Any]:
    seller = seller_of(session, current_settings())
    basket = basket_view(session, current_actor().id, utc_now(), seller)
    return {
        "lines": [
            {
                "product": line.code,
                "name": line.product,
                "cents": line.quote and line.quote.cents,
                "discount_cents": line.discount_cents,
                "starts_on": line.quote and line.quote.starts_on,
                "ends_on": line.quote and line.quote.ends_on,
                "shown": line.shown,
                "refusal": _refusal(line.refusal),
            }
            for line in basket.lines
        ],
        "voucher": basket.voucher,
        "refusal": _refusal(basket.refusal),
        "discount_cents": basket.discount_cents,
        "total_cents": basket.total_cents,
    }


def _refusal(refusal: DomainError | None) -> dict[str, str] | None:
    if refusal is None:
        return None
    return {"code": refusal.code, "detail": sentence_of(refusal, language())}
