"""JSON of products and prices for those who set them."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.versions import version_of
from zone.db import reading, writing
from zone.http import idempotency
from zone.http.auth import current_actor, require, scope
from zone.http.blueprint import Blueprint
from zone.passes import planning
from zone.passes.catalogue_schemas import (
    CatalogueProductSchema,
    CatalogueSchema,
    NewPriceSchema,
    ProductSchema,
    well_formed,
)
from zone.passes.models import Price, Product

api = Blueprint("catalogue", __name__, tag="catalogue")


@api.get("/catalogue")
@api.response(200, CatalogueSchema)
@require("manager", "admin")
@scope("passes:read")
def list_catalogue() -> dict[str, Any]:
    """Every product with all its prices, past, present and to come; also what is not sold now."""
    with reading() as session:
        return {"products": [product_json(*found) for found in planning.products(session)]}


@api.put("/catalogue/<code>")
@api.arguments(ProductSchema)
@api.response(200, CatalogueProductSchema)
@require("manager", "admin")
def keep_product(what: dict[str, Any], code: str) -> dict[str, Any]:
    """Add a product, or change the one with that code. A code has 1 to 40 of a-z, 0-9 and -; passes sold stay as sold.

    It is sold once it has a price. Errors: not_found, product_exists, edited_meanwhile.
    """
    if not well_formed(code):
        raise DomainError(NOT_FOUND)
    with writing() as session:
        product = planning.keep_product(session, code, **what, actor_id=current_actor().id, now=utc_now())
        return product_json(product, planning.prices_of(session, product))


@api.post("/catalogue/<code>/prices")
@api.arguments(NewPriceSchema)
@api.response(201, CatalogueProductSchema)
@require("manager", "admin")
def set_price(new: dict[str, Any], code: str) -> Response:
    """A price from a day on, today at the earliest. One that is still to come is corrected, one in force never changed.

    Orders already placed keep their price. Send an Idempotency-Key, so that a repeated request gets the same.

    Errors: not_found, start_too_soon, price_in_force, idempotency_mismatch, idempotency_key_invalid.
    """
    price, actor, now = planning.NewPrice(**new), current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        product = planning.plan_price(session, code, price, actor_id=actor.id, now=now)
        body: dict[str, Any] = CatalogueProductSchema().dump(
            product_json(product, planning.prices_of(session, product))
        )
        return body

    return idempotency.answer_once(201, work)


def product_json(product: Product, prices: Sequence[Price]) -> dict[str, Any]:
    """A product as CatalogueProductSchema writes it."""
    facts = planning.facts(product)
    return {"code": product.code, "version": version_of(facts), **facts, "prices": prices}
