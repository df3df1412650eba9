"""What the managers' page of products shows, and the price list for everybody. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from zone.passes.catalogue import queries
from zone.passes.catalogue.models import Price, Product
from zone.passes.catalogue.rules import BUNDLE, ENTITLEMENTS, FEE, in_force
from zone.passes.entitlements.rules import NONE, Conditions


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
    duration: str
    length_days: int | None
    visits: int | None
    prices: Sequence[PriceView]


def product_view(product: Product, prices: Sequence[Price], today: date) -> ProductView:
    """Return a product with the prices that are in force or to come."""
    return ProductView(
        product.code,
        product.kind,
        queries.names_of(product),
        product.entitlements,
        product.duration,
        product.length_days,
        product.visits,
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
    empty: dict[str, Any] = {
        "code": "",
        "name": {},
        "entitlements": ["gym"],
        "campuses": [],
        "duration": "days" if values.get("length_days") else "season",
    }
    return empty | dict(values)


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """What a product costs a role; `group` is that of the institutions, "" for all others.

    `entitlements` is what it opens at the campuses with the codes `campuses`; empty: everywhere.
    `length_days` is None where it lasts to the end of terms. `parts` are those of a bundle by name.
    """

    code: str
    name: Mapping[str, str]
    entitlements: Sequence[str]
    campuses: Sequence[str]
    cents: int
    group: str
    duration: str = "season"
    length_days: int | None = None
    visits: int | None = None
    parts: Sequence[Mapping[str, str]] = ()
    conditions: Conditions = NONE


def listed_prices(
    catalogue: Iterable[tuple[Product, Sequence[Price]]],
    bundles: Mapping[int, Sequence[Product]],
    role: str,
    day: date,
) -> list[ListedPrice]:
    """Return what is sold to a role on a day: what opens most first, then the cheapest.

    Fees are not sold by themselves, and bundles not without parts; `bundles` are those by id.
    """
    listed = [
        _listed(product, bundles.get(product.id, ()), group, cents)
        for product, prices in catalogue
        if product.kind != FEE and (product.kind != BUNDLE or bundles.get(product.id))
        for group, cents in _sold_at([row for row in prices if row.role == role], day)
    ]
    return sorted(listed, key=lambda one: (-len(one.entitlements), one.cents, one.code, one.group))


def _listed(product: Product, parts: Sequence[Product], group: str, cents: int) -> ListedPrice:
    opening = parts or (product,)
    everywhere = not all(one.campuses for one in opening)
    return ListedPrice(
        product.code,
        queries.names_of(product),
        sorted({kind for one in opening for kind in one.entitlements}, key=ENTITLEMENTS.index),
        [] if everywhere else sorted({code for one in opening for code in one.campuses}),
        cents,
        group,
        product.duration,
        product.length_days,
        product.visits,
        [queries.names_of(one) for one in parts],
        product.conditions,
    )


def _sold_at(prices: Sequence[Price], day: date) -> Iterable[tuple[str, int]]:
    """Yield (price group, cents) of the prices of one role that are in force on a day."""
    for group in sorted({row.price_group for row in prices}):
        price = in_force((row for row in prices if row.price_group == group), day)
        if price is not None and price.cents is not None:  # NULL: no longer sold to them
            yield group, price.cents
