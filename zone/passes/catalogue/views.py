"""What the managers' page of products shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from zone.passes.catalogue import queries
from zone.passes.catalogue.models import Price, Product


@dataclass(frozen=True, slots=True)
class PriceView:
    """A price that is in force or to come."""

    role: str
    price_group: str
    valid_from: date
    cents: int | None
    to_come: bool


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product with its present prices."""

    code: str
    kind: str
    name: dict[str, str]
    entitlements: Sequence[str]
    length_days: int | None
    prices: Sequence[PriceView]


def product_view(product: Product, prices: Sequence[Price], today: date) -> ProductView:
    """Return a product with the prices that are in force or to come."""
    return ProductView(
        product.code,
        product.kind,
        queries.names_of(product),
        product.entitlements,
        product.length_days,
        [
            PriceView(
                price.role,
                price.price_group,
                price.valid_from,
                price.cents,
                not queries.has_begun(price, today),
            )
            for price in queries.present(prices, today)
        ],
    )


def form_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the product's form; a new product opens the gym."""
    empty: dict[str, Any] = {"code": "", "name": {}, "entitlements": ["gym"], "campuses": []}
    return empty | dict(values)
