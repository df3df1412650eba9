"""Issue numbered receipts and mail them to the buyer. Never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.formats import NO_BREAK, format_cents, format_date, format_number
from zone.core.i18n import translatable, translate
from zone.core.mail import service as mail
from zone.core.service_profile.queries import service_name
from zone.core.time import to_helsinki
from zone.members.people.queries import member_by_id
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue import rules as catalogue_rules
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import FEE
from zone.passes.orders.models import Order, OrderLine
from zone.passes.receipts.models import Receipt, ReceiptSequence
from zone.passes.receipts.rules import (
    Seller,
    seller_on,
)

VAT: Final = translatable("incl. VAT")


def issue_receipt(
    session: Session,
    order_id: int,
    kind: str,
    cents: int,
    now: datetime,
    seller: Seller,
    *,
    payment_id: int | None = None,
) -> Receipt:
    """Issue the receipt of a sale, of its refund, or of a payment that is given back (`credit`).

    The last two have negative cents and the seller of the sale, if there was one.

    Raises:
        DomainError: order_settled, when the row is written: the order has one already.
    """
    year, number = _next_number(session, now)
    # A refund names who sold, even if the settings name another seller by now.
    sale = _sale_of(session, order_id) if kind != "sale" else None
    seller_named = seller_on(sale) if sale else seller
    receipt = Receipt(
        year=year,
        number=number,
        order_id=order_id,
        payment_id=payment_id,
        kind=kind,
        cents=cents,
        issued_at=now,
        seller_name=seller_named.name,
        seller_address=seller_named.address,
        seller_business_id=seller_named.business_id,
    )
    session.add(receipt)
    session.flush()
    return receipt


def _sale_of(session: Session, order_id: int) -> Receipt | None:
    return session.scalar(
        select(Receipt).where(Receipt.order_id == order_id, Receipt.kind == "sale")
    )


def _next_number(session: Session, now: datetime) -> tuple[int, int]:
    # The upsert locks the year's row until the caller's transaction ends: numbers have no gaps,
    # because a failed transaction rolls its number back, and purchases at once wait for each other.
    # A sequence would leave a gap. The year is Helsinki's: 31 Dec 22.30 UTC is in the new one.
    year = to_helsinki(now).year
    insert_first = insertion(session, ReceiptSequence).values(year=year, last=1)
    upsert = insert_first.on_conflict_do_update(
        index_elements=["year"], set_={"last": ReceiptSequence.last + 1}
    )
    return year, session.execute(upsert.returning(ReceiptSequence.last)).scalar_one()


def send_receipt(session: Session, receipt: Receipt, now: datetime) -> None:
    """Mail the receipt of a sale to the buyer; once."""
    _send(session, receipt, "passes/receipt", now)


def send_refund(session: Session, receipt: Receipt, way: Mapping[str, str], now: datetime) -> None:
    """Mail the receipt of a refund to the buyer, and how the money goes back; once."""
    _send(session, receipt, "passes/refund", now, way=way)


def send_credit(
    session: Session,
    receipt: Receipt,
    reason: Mapping[str, str],
    way: Mapping[str, str],
    now: datetime,
) -> None:
    """Mail the buyer that a payment is given back, why and how; once for each receipt."""
    _send(session, receipt, "passes/returned", now, reason=reason, way=way)


def _send(
    session: Session,
    receipt: Receipt,
    template: str,
    now: datetime,
    **sentences: Mapping[str, str],
) -> None:
    order = session.get_one(Order, receipt.order_id)
    buyer = member_by_id(session, order.member_id)
    number, language = f"{receipt.year}-{receipt.number}", buyer.language
    mail.post(
        session,
        to=buyer.email,
        template=template,
        language=language,
        now=now,
        dedupe=f"receipt {number}",
        params={
            "number": number,
            "day": format_date(receipt.issued_at, language),
            "seller": "\n".join(_seller_lines(receipt)) or service_name(session),
            # Nothing was sold for a payment that is given back by itself.
            "lines": [] if receipt.kind == "credit" else _lines(session, receipt, language),
            "names": "\n".join(_names(session, receipt, language)),
            "total": format_cents(receipt.cents),
            "has_pass": gives_pass(session, receipt.order_id),
            **{name: said.get(language, said["en"]) for name, said in sentences.items()},
        },
    )


def gives_pass(session: Session, order_id: int) -> bool:
    """Return whether an order gives a pass: a fee gives none."""
    kinds = session.scalars(
        select(func.coalesce(OrderLine.kind, Product.kind))
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id)
    )
    return any(kind != FEE for kind in kinds)


def _seller_lines(receipt: Receipt) -> list[str]:
    seller = seller_on(receipt)
    return [line for line in (seller.name, seller.address, seller.business_id) if line]


def _lines(session: Session, receipt: Receipt, language: str) -> list[tuple[str, str]]:
    sign = -1 if receipt.kind == "refund" else 1
    rows = session.execute(
        select(OrderLine, Product)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == receipt.order_id)
        .order_by(OrderLine.id)
    )
    return [row for line, product in rows for row in _line(line, product, sign, language)]


def _names(session: Session, receipt: Receipt, language: str) -> list[str]:
    products = session.scalars(
        select(Product)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .where(OrderLine.order_id == receipt.order_id)
        .order_by(OrderLine.id)
    )
    names = [catalogue_queries.names_of(product) for product in products]
    return [name.get(language, name["en"]) for name in names]


def _line(
    line: OrderLine, product: Product, sign: int, language: str
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the product with its price, and the tax in it."""
    cents, names = sign * line.cents, catalogue_queries.names_of(product)
    tax = format_cents(catalogue_rules.vat_cents(cents, line.vat_bp))
    rate = format_number(catalogue_rules.percent_of(line.vat_bp), language, digits=2)
    name, vat = names.get(language, names["en"]), translate(VAT, language)
    return (name, format_cents(cents)), (f"{vat} {rate}{NO_BREAK}%", tax)
