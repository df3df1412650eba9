"""JSON API of products and prices for managers."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import CODE
from zone.passes.bundles.errors import BUNDLE_KIND
from zone.passes.catalogue import queries, service
from zone.passes.catalogue.errors import PRICE_IN_FORCE, PRODUCT_EXISTS, START_TOO_SOON
from zone.passes.catalogue.schemas import (
    CatalogueProductSchema,
    CatalogueSchema,
    NewPriceSchema,
    ProductSchema,
    product_json,
)
from zone.passes.customer_groups.errors import GROUP_ENDED
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api = Blueprint("passes_catalogue", __name__, tag="catalogue")


@api.get("/catalogue")
@api.response(200, CatalogueSchema)
@may(Permission.CATALOGUE_READ)
def list_catalogue() -> dict[str, Any]:
    """Every product with all its prices, past, present and to come; also what is not sold now."""
    with reading() as session:
        return {"products": [product_json(*row) for row in queries.products(session)]}


@api.put("/catalogue/<code>")
@api.arguments(ProductSchema)
@api.response(200, CatalogueProductSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, PRODUCT_EXISTS, EDITED_MEANWHILE, BUNDLE_KIND)
def keep_product(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Add a product, or change the one with that code. A code has 1 to 40 of a-z, 0-9 and -; passes
    sold stay as sold.

    It is sold once it has a price.
    """
    if not CODE.fullmatch(code):
        raise DomainError(NOT_FOUND)
    with writing() as session:
        product = service.save_product(session, current_actor(), code, **data, now=utc_now())
        return product_json(product, queries.prices_of(session, product))


@api.post("/catalogue/<code>/prices")
@api.arguments(NewPriceSchema)
@api.response(201, CatalogueProductSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, START_TOO_SOON, PRICE_IN_FORCE, GROUP_ENDED)
@idempotent
def set_price(data: dict[str, Any], code: str) -> Response:
    """A price from a day on, today at the earliest. One that is still to come is corrected, one in
    force never changed.

    Orders already placed keep their price. Send an Idempotency-Key, so that a repeated request gets
    the same.
    """
    price, actor, now = service.NewPrice(**data), current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        product = service.plan_price(session, actor, code, price, now)
        prices = queries.prices_of(session, product)
        return dump_json(CatalogueProductSchema(), product_json(product, prices))

    return idempotency_key.answer_once(201, work)
