"""The orders of the passes: paid, with receipts numbered year by year without a gap."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.demo.example import SELLER
from zone.demo.term.bulk import Row, ids, random_id, write
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import last_day, vat_cents
from zone.passes.numbering.models import ReceiptSequence
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import Payment, PaymentEvent, ProviderPayment
from zone.passes.payments.providers.development import NAME as PROVIDER
from zone.passes.receipts.models import Receipt, ReceiptLine

CENTS: Final = {
    ("sports-term", "student"): 4500,
    ("sports-term", "staff"): 9000,
    ("gym-month", "student"): 1500,
    ("gym-month", "staff"): 3000,
}
"""Prices of the example by product and role."""
CURRENCY: Final = "EUR"


@dataclass(frozen=True, slots=True)
class Bought:
    """A pass that a person bought, and when it was taken into use; None: not yet."""

    member_id: int
    institution: str
    role: str
    product: str
    at: datetime
    used: datetime | None

    @property
    def cents(self) -> int:
        """Its price."""
        return CENTS[self.product, self.role]

    def days(self, product: Product) -> tuple[date, date]:
        """Return the first and the last day of the pass."""
        first = helsinki_date(self.at)
        return first, last_day(first, product.length_days or 1)


def load(
    session: Session,
    products: Mapping[str, Product],
    bought: Sequence[Bought],
    chance: random.Random,
) -> list[int]:
    """Write an order with its payment and receipt for each purchase; return the lines' ids.

    The purchases are in the order of their time, `products` are by code.
    """
    orders, lines, payments = ids(session, Order), ids(session, OrderLine), ids(session, Payment)
    keys = [(item, next(orders), next(lines), next(payments)) for item in bought]
    write(session, Order, [_order(item, order, chance) for item, order, _, _ in keys])
    # Both are exercise, so they have the same rate.
    vat = _vat_by_day(
        session, next(iter(products.values())), {helsinki_date(item.at) for item in bought}
    )
    ordered = [
        _line(item, order, line, products[item.product], vat[helsinki_date(item.at)])
        for item, order, line, _ in keys
    ]
    write(session, OrderLine, ordered)
    write(session, Payment, [_payment(item, order, pay, chance) for item, order, _, pay in keys])
    write(session, ProviderPayment, [_known(item, pay) for item, _, _, pay in keys])
    write(session, PaymentEvent, [_paid(item, pay) for item, _, _, pay in keys])
    receipts, free = (
        _receipts(session, [(i, order) for i, order, _, _ in keys]),
        ids(session, ReceiptLine),
    )
    write(
        session,
        ReceiptLine,
        [
            _receipt_line(receipts[row["order_id"]], row, products[item.product], next(free))
            for row, (item, *_) in zip(ordered, keys, strict=True)
        ],
    )
    return [line for _, _, line, _ in keys]


def _vat_by_day(session: Session, product: Product, days: set[date]) -> dict[date, int]:
    return {
        day: catalogue_queries.vat_bp_on(session, product.vat_category, day, seller_vat=True)
        for day in days
    }


def _order(item: Bought, order: int, chance: random.Random) -> Row:
    return {
        "id": order,
        "public_id": random_id(chance),
        "member_id": item.member_id,
        "total_cents": item.cents,
        "currency": CURRENCY,
        "placed_at": item.at,
    }


def _line(item: Bought, order: int, line: int, product: Product, vat_bp: int) -> Row:
    first, last = item.days(product)
    return {
        "id": line,
        "order_id": order,
        "product_id": product.id,
        "institution_code": item.institution,
        "role": item.role,
        "cents": item.cents,
        "currency": CURRENCY,
        "vat_bp": vat_bp,
        "supplied_on": first,
        "starts_on": first,
        "ends_on": last,
        "kind": product.kind,
        "entitlements": list(product.entitlements),
        "campuses": list(product.campuses),
    }


def _payment(item: Bought, order: int, payment: int, chance: random.Random) -> Row:
    return {
        "id": payment,
        "order_id": order,
        "provider": PROVIDER,
        "reference": random_id(chance).hex,
        "cents": item.cents,
        "currency": CURRENCY,
        "started_at": item.at,
    }


def _known(item: Bought, payment: int) -> Row:
    return {
        "payment_id": payment,
        "reference": f"term-{payment}",
        "address": "",
        "recorded_at": item.at,
    }


def _paid(item: Bought, payment: int) -> Row:
    return {
        "payment_id": payment,
        "outcome": "paid",
        "occurred_at": item.at,
        "recorded_at": item.at,
    }


def _receipts(session: Session, sold: Sequence[tuple[Bought, int]]) -> dict[int, int]:
    """Write the receipts; return their ids by order."""
    # On the web: the series without a code.
    stored = select(ReceiptSequence).where(ReceiptSequence.series == "")
    last = Counter({row.year: row.last for row in session.scalars(stored)})
    free = ids(session, Receipt)
    rows: list[Row] = []
    for item, order in sold:
        year = helsinki_date(item.at).year
        last[year] += 1
        rows.append(
            {
                "id": next(free),
                "year": year,
                "number": last[year],
                "order_id": order,
                "kind": "sale",
                "cents": item.cents,
                "issued_at": item.at,
                **SELLER,
            }
        )
    write(session, Receipt, rows)
    for year, number in last.items():
        session.merge(ReceiptSequence(series="", year=year, last=number))
    session.flush()
    return {row["order_id"]: row["id"] for row in rows}


def _receipt_line(receipt: int, line: Row, product: Product, own_id: int) -> Row:
    return {
        "id": own_id,
        "receipt_id": receipt,
        "order_line_id": line["id"],
        "cents": line["cents"],
        "vat_bp": line["vat_bp"],
        "vat_cents": vat_cents(line["cents"], line["vat_bp"]),
        "supplied_on": line["supplied_on"],
        "name_fi": product.name_fi,
        "name_sv": product.name_sv,
        "name_en": product.name_en,
    }
