"""The read side of buying: offers with one's own prices, orders and receipts as their owner or the desk sees them."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.passes import checkout, queries, rules
from zone.passes.errors import NOT_SOLD
from zone.passes.ledger import Seller, seller_on
from zone.passes.models import FEE, Order, OrderLine, Pass, Payment, PaymentEvent, Price, Product, Receipt

_NUMBER: Final = re.compile(r"(\d{4})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with what it would cost this member, or why they cannot buy it and what to do."""

    product: Product
    quote: checkout.Quote | None
    refusal: DomainError | None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as it was ordered. Cents include VAT; `vat_percent` is the frozen rate."""

    code: str
    product: dict[str, str]
    role: str
    institution: str
    cents: int
    vat_percent: Decimal
    vat_cents: int


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A numbered document of a sale or a refund; a refund's cents are negative."""

    number: str
    kind: str
    cents: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and what became of it. `state`: open, paid, declined, cancelled or refunded."""

    id: uuid.UUID
    state: str
    lines: list[LineView]
    total_cents: int
    currency: str
    placed_at: datetime
    receipts: list[ReceiptView]
    passes: list[queries.PassView]

    @property
    def payable(self) -> bool:
        return self.state in {"open", "declined", "cancelled"}


@dataclass(frozen=True, slots=True)
class VatSum:
    """What a receipt holds at one VAT rate, in cents; `gross` is with the tax."""

    percent: Decimal
    gross: int
    tax: int

    @property
    def net(self) -> int:
        return self.gross - self.tax


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt with its order; the cents of the lines are as the receipt has them, negative for a refund.

    `seller` is who sold, as it was recorded then.
    """

    receipt: ReceiptView
    order_id: uuid.UUID
    lines: list[LineView]
    seller: Seller

    @property
    def vat(self) -> list[VatSum]:
        """The sums by VAT rate, the highest first."""
        rates = sorted({line.vat_percent for line in self.lines}, reverse=True)
        return [_vat_sum(rate, [line for line in self.lines if line.vat_percent == rate]) for rate in rates]


@dataclass(frozen=True, slots=True)
class OwnReceipt:
    """A receipt in a person's list: what was bought, in fi, sv and en."""

    number: str
    kind: str
    cents: int
    issued_at: datetime
    products: list[dict[str, str]]


def _vat_sum(rate: Decimal, lines: Sequence[LineView]) -> VatSum:
    return VatSum(rate, sum(line.cents for line in lines), sum(line.vat_cents for line in lines))


def receipts_of(session: Session, member_id: int) -> list[OwnReceipt]:
    """A member's receipts, the newest first, in one statement."""
    rows = session.execute(
        select(Receipt, Product)
        .join(Order, Order.id == Receipt.order_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Order.member_id == member_id)
        .order_by(Receipt.year.desc(), Receipt.number.desc(), OrderLine.id)
    )
    found: dict[int, OwnReceipt] = {}
    for row, product in rows:
        view = _receipt(row)
        own = found.setdefault(row.id, OwnReceipt(view.number, view.kind, view.cents, view.issued_at, []))
        own.products.append(queries.names_of(product))
    return list(found.values())


def offers(session: Session, member_id: int, *, today: date, seller_vat: bool, with_fees: bool = False) -> list[Offer]:
    """Every product that is sold to anybody like this member; one that only others may buy is left out.

    Fees are asked for at the desk (`with_fees`), not offered in the shop.
    """
    sold = exists().where(Price.product_id == Product.id), or_(literal(with_fees), Product.kind != FEE)
    products = session.scalars(select(Product).where(*sold).order_by(Product.id)).all()
    made = [_offer(session, member_id, product, today, seller_vat) for product in products]
    return [offer for offer in made if offer.refusal is None or offer.refusal.code != NOT_SOLD.code]


def _offer(session: Session, member_id: int, product: Product, today: date, seller_vat: bool) -> Offer:
    try:
        quote = checkout.quote(session, member_id, product, starts_on=None, today=today, seller_vat=seller_vat)
    except DomainError as refusal:
        return Offer(product, None, refusal)
    return Offer(product, quote, None)


def order_row(session: Session, public_id: uuid.UUID, *, member_id: int | None) -> Order:
    """The order with that public id; of `member_id` only, unless None (the desk).

    Raises:
        DomainError: not_found; another person's order looks the same.
    """
    order = session.scalar(select(Order).where(Order.public_id == public_id))
    if order is None or member_id not in (None, order.member_id):
        raise DomainError(NOT_FOUND)
    return order


def order_view(session: Session, order: Order, now: datetime) -> OrderView:
    """The order as its page shows it."""
    receipts = _receipts(session, order.id)
    return OrderView(
        id=order.public_id,
        state=_state(session, order.id, receipts),
        lines=_lines(session, order.id),
        total_cents=order.total_cents,
        currency=order.currency,
        placed_at=order.placed_at,
        receipts=receipts,
        passes=_passes(session, order, now),
    )


def receipt_page(session: Session, number: str, *, member_id: int | None) -> ReceiptPage:
    """The receipt with a number such as 2026-17; of `member_id` only, unless None (the desk).

    Raises:
        DomainError: not_found.
    """
    parts = _NUMBER.fullmatch(number)
    row = (
        parts
        and session.execute(
            select(Receipt, Order)
            .join(Order, Order.id == Receipt.order_id)
            .where(Receipt.year == int(parts[1]), Receipt.number == int(parts[2]))
        ).first()
    )
    if not row or member_id not in (None, row[1].member_id):
        raise DomainError(NOT_FOUND)
    receipt, order = row
    sign = -1 if receipt.kind == "refund" else 1
    return ReceiptPage(_receipt(receipt), order.public_id, _lines(session, order.id, sign), seller_on(receipt))


def _state(session: Session, order_id: int, receipts: Sequence[ReceiptView]) -> str:
    kinds = {receipt.kind for receipt in receipts}
    if kinds:
        return "refunded" if "refund" in kinds else "paid"
    latest = select(Payment.id).where(Payment.order_id == order_id).order_by(Payment.id.desc()).limit(1)
    outcomes = session.scalars(select(PaymentEvent.outcome).where(PaymentEvent.payment_id.in_(latest)))
    return rules.payment_state(outcomes)


def _lines(session: Session, order_id: int, sign: int = 1) -> list[LineView]:
    rows = session.execute(
        select(OrderLine, Product)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    return [_line(line, product, sign) for line, product in rows]


def _line(line: OrderLine, product: Product, sign: int) -> LineView:
    cents = sign * line.cents
    return LineView(
        code=product.code,
        product=queries.names_of(product),
        role=line.role,
        institution=line.institution_code,
        cents=cents,
        vat_percent=rules.percent_of(line.vat_bp),
        vat_cents=rules.vat_cents(cents, line.vat_bp),
    )


def _receipts(session: Session, order_id: int) -> list[ReceiptView]:
    rows = session.scalars(select(Receipt).where(Receipt.order_id == order_id).order_by(Receipt.id))
    return [_receipt(row) for row in rows]


def _receipt(row: Receipt) -> ReceiptView:
    return ReceiptView(f"{row.year}-{row.number}", row.kind, row.cents, row.issued_at)


def _passes(session: Session, order: Order, now: datetime) -> list[queries.PassView]:
    bought = select(Pass.public_id).join(OrderLine, OrderLine.id == Pass.order_line_id)
    ids = set(session.scalars(bought.where(OrderLine.order_id == order.id)))
    return [view for view in queries.passes_of(session, order.member_id, now) if view.id in ids]
