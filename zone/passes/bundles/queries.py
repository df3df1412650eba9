"""The parts of bundles, and the bundles in orders."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.passes.bundles.models import BundlePart, OrderBundle, OrderBundleLine
from zone.passes.bundles.rules import NewPart
from zone.passes.catalogue.models import Product


@dataclass(frozen=True, slots=True)
class BundleItem:
    """A product that is sold as a part, with its share of the price."""

    product: Product
    share: int
    counts: bool = True


@dataclass(frozen=True, slots=True)
class OrderedBundle:
    """The bundle that a line of an order is a part of; `number` counts those of an order."""

    number: int
    code: str
    name: dict[str, str]


def items_of(session: Session, product_id: int) -> list[BundleItem]:
    """Return the parts of a bundle in their order; none: it is no bundle, or not finished."""
    rows = session.execute(
        select(Product, BundlePart.share, BundlePart.counts)
        .join(BundlePart, BundlePart.part_product_id == Product.id)
        .where(BundlePart.product_id == product_id)
        .order_by(BundlePart.position)
    )
    return [BundleItem(*row) for row in rows]


def parts_of(session: Session, product_id: int) -> list[NewPart]:
    """Return the parts of a bundle as they are set."""
    items = items_of(session, product_id)
    return [NewPart(item.product.code, item.share, item.counts) for item in items]


def items_by_bundle(session: Session) -> dict[int, list[Product]]:
    """Return the products of every bundle, by the bundle's id."""
    rows = session.execute(
        select(BundlePart.product_id, Product)
        .join(Product, Product.id == BundlePart.part_product_id)
        .order_by(BundlePart.product_id, BundlePart.position)
    )
    found: dict[int, list[Product]] = defaultdict(list)
    for bundle_id, product in rows:
        found[bundle_id].append(product)
    return found


def is_in_a_bundle(session: Session, product_id: int) -> bool:
    """Return whether a product is a part of a bundle."""
    return bool(session.scalar(select(exists().where(BundlePart.part_product_id == product_id))))


def has_parts(session: Session, product_id: int) -> bool:
    """Return whether a product is a bundle that has parts."""
    return bool(session.scalar(select(exists().where(BundlePart.product_id == product_id))))


def bundles_of_order(session: Session, order_id: int) -> dict[int, OrderedBundle]:
    """Return the bundle of each line of an order that is a part of one."""
    rows = session.execute(
        select(OrderBundleLine.order_line_id, OrderBundle.id, Product)
        .join(OrderBundle, OrderBundle.id == OrderBundleLine.order_bundle_id)
        .join(Product, Product.id == OrderBundle.product_id)
        .where(OrderBundle.order_id == order_id)
        .order_by(OrderBundleLine.order_line_id)
    )
    numbers: dict[int, int] = {}
    return {
        line_id: OrderedBundle(
            numbers.setdefault(bundle_id, len(numbers) + 1),
            one.code,
            {"fi": one.name_fi, "sv": one.name_sv, "en": one.name_en},
        )
        for line_id, bundle_id, one in rows
    }


def with_bundle(bundle: OrderedBundle | None, product: dict[str, str]) -> dict[str, str]:
    """Return the name of a part as a document names it: the bundle's, then its own."""
    if bundle is None:
        return product
    return {code: f"{bundle.name[code]}: {name}" for code, name in product.items()}
