"""JSON of selling at the counter."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.desk.lost_phones.errors import LOSS_FEE_ALONE
from zone.desk.sales import schemas, service
from zone.desk.sales.queries import SalePrice, offers_to
from zone.members.people import service as people
from zone.passes.catalogue.errors import NO_SEASON, VAT_UNKNOWN
from zone.passes.orders.errors import NOT_ELIGIBLE, NOT_SOLD, OFFER_CHANGED, QUOTE_CHANGED
from zone.passes.orders.schemas import OffersSchema, OrderSchema, offer_json
from zone.passes.payments.errors import CARD_NUMBER, REFERENCE_MISSING, REFERENCE_UNREADABLE
from zone.passes.quotas.errors import SOLD_OUT
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.sale_windows.errors import SALE_CLOSED, SALE_NOT_OPEN
from zone.passes.tills.errors import TILL_CLOSED, TILL_MISSING
from zone.passes.vouchers.errors import OF_CODE
from zone.passes.vouchers.flows import counted_try
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("desk_sales", __name__, tag="desk")


@api.get("/desk/people/<uuid:person>/offers")
@api.response(200, OffersSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND)
def list_offers(person: uuid.UUID) -> dict[str, Any]:
    """What can be sold to a person at their own price, fees too; who looked is on record."""
    with writing() as session:
        people.view_member(session, current_actor(), person, utc_now())
        offers = offers_to(session, person, settings=current_settings(), now=utc_now())
    return {"products": [offer_json(offer, language()) for offer in offers]}


@api.post("/desk/people/<uuid:person>/sale-prices")
@api.arguments(schemas.SaleProductsSchema)
@api.response(200, schemas.SalePriceSchema)
@may(Permission.DESK_USE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    OFFER_CHANGED,
    *OF_CODE,
    TOO_MANY_REQUESTS,
)
def price_sale(data: dict[str, Any], person: uuid.UUID) -> SalePrice:
    """What several products would cost a person, with a discount code; nothing is sold."""
    actor, now = current_actor(), utc_now()
    with counted_try(actor.id, data["voucher"], now), writing() as session:
        return service.price_sale(
            session, actor, person, **data, now=now, settings=current_settings()
        )


@api.post("/desk/people/<uuid:person>/sales")
@api.arguments(schemas.CounterSaleSchema)
@api.response(201, OrderSchema)
@may(Permission.DESK_USE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    OFFER_CHANGED,
    LOSS_FEE_ALONE,
    NOT_ELIGIBLE,
    NOT_SOLD,
    NO_SEASON,
    SALE_NOT_OPEN,
    SALE_CLOSED,
    SOLD_OUT,
    VAT_UNKNOWN,
    SELLER_MISSING,
    REFERENCE_MISSING,
    REFERENCE_UNREADABLE,
    CARD_NUMBER,
    TILL_CLOSED,
    TILL_MISSING,
    QUOTE_CHANGED,
    *OF_CODE,
    TOO_MANY_REQUESTS,
)
@idempotent
def sell(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Sell one product, or several as `lines`, for money that was taken: one order; receipt, mail
    and passes at once. Send an Idempotency-Key.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        sold = service.sell(session, actor, person, **data, now=now, settings=current_settings())
        return dump_json(OrderSchema(), sold)

    with counted_try(actor.id, data["voucher"], now):
        return idempotency_key.answer_once(201, work)
