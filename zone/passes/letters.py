"""The mail that carries a receipt, in the language of whoever bought. It waits in the outbox for the commit."""

from datetime import datetime
from typing import Final

from babel.dates import format_skeleton
from sqlalchemy import select
from sqlalchemy.orm import Session

from zone import outbox
from zone.core.money import format_cents
from zone.core.time import to_helsinki
from zone.http.layout import LOCALES
from zone.members.models import Member
from zone.passes import queries, rules
from zone.passes.ledger import seller_on
from zone.passes.models import Order, OrderLine, Product, Receipt

TEMPLATES: Final = {"sale": "passes/receipt", "refund": "passes/refund"}
VAT: Final = {"fi": "sis. alv", "sv": "inkl. moms", "en": "incl. VAT"}


def send_receipt(session: Session, receipt: Receipt, now: datetime) -> None:
    """Mail a receipt to the buyer: who sold, what, with which VAT, and the sum. Nobody gets it twice."""
    order = session.get_one(Order, receipt.order_id)
    buyer = session.get_one(Member, order.member_id)
    number = f"{receipt.year}-{receipt.number}"
    outbox.post(
        session, to=buyer.email, template=TEMPLATES[receipt.kind], language=buyer.language, now=now,
        dedupe=f"receipt {number}",
        params={
            "number": number,
            "day": _day(receipt.issued_at, buyer.language),
            "seller": "\n".join(_seller_lines(receipt)) or "Zone",
            "lines": "\n".join(_lines(session, receipt, buyer.language)),
            "total": format_cents(receipt.cents),
        },
    )  # fmt: skip


def _day(at: datetime, language: str) -> str:
    return str(format_skeleton("yMMMd", to_helsinki(at), locale=LOCALES.get(language, LOCALES["en"])))


def _seller_lines(receipt: Receipt) -> list[str]:
    seller = seller_on(receipt)
    return [line for line in (seller.name, seller.address, seller.business_id) if line]


def _lines(session: Session, receipt: Receipt, language: str) -> list[str]:
    sign = -1 if receipt.kind == "refund" else 1
    rows = session.execute(
        select(OrderLine, Product)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == receipt.order_id)
        .order_by(OrderLine.id)
    )
    return [_line(line, product, sign, language) for line, product in rows]


def _line(line: OrderLine, product: Product, sign: int, language: str) -> str:
    cents, names = sign * line.cents, queries.names_of(product)
    tax = format_cents(rules.vat_cents(cents, line.vat_bp))
    rate = str(rules.percent_of(line.vat_bp)).replace(".", "," if language != "en" else ".")
    name, vat = names.get(language, names["en"]), VAT.get(language, VAT["en"])
    return f"{name}: {format_cents(cents)} ({vat} {rate} %: {tax})"
