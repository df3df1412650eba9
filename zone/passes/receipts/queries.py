"""Receipts with their lines and VAT, as their owner or the desk sees them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ScalarSelect, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zone.core.config import Settings
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.money import percent_of
from zone.core.service_profile.queries import service_profile
from zone.members.people.models import Member
from zone.passes.bundles.models import OrderBundle, OrderBundleLine
from zone.passes.bundles.queries import OrderedBundle, bundles_of_order, with_bundle
from zone.passes.catalogue import rules as catalogue_rules
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.numbering import rules as numbering
from zone.passes.orders.models import Order, OrderLine
from zone.passes.payments.models import Refund, RefundLine
from zone.passes.payments.rules import reason_text
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.passes.receipts.rules import Seller, seller_in, seller_on


def seller_of(session: Session, settings: Settings) -> Seller:
    """Return who sells now: by the service's own data, else by the settings."""
    return seller_in(service_profile(session, settings))


@dataclass(frozen=True, slots=True)
class OrderLineView:
    """An ordered line. Cents include VAT, and a discount is taken off already; the rate is that of
    its receipt, and until it is paid that of the day of the order. `bundle`: it is a part of it.
    """

    code: str
    product: dict[str, str]
    role: str
    institution: str
    cents: int
    vat_percent: Decimal
    vat_cents: int
    discount_cents: int = 0
    bundle: OrderedBundle | None = None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """What was ordered for one price, before any discount; the `parts` are those of a bundle."""

    product: dict[str, str]
    cents: int
    parts: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt of a sale, its refund, or a credit; the cents of the last two are negative."""

    number: str
    kind: str
    cents: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class VatSum:
    """The sums of a receipt at one VAT rate, in cents; `gross` includes the tax."""

    percent: Decimal
    gross: int
    tax: int

    @property
    def net(self) -> int:
        """The cents without VAT."""
        return self.gross - self.tax


@dataclass(frozen=True, slots=True)
class BuyerName:
    """Who ordered: the person's public id, and their name or else their e-mail address."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt with its order; the cents of the lines are negative for a refund.

    `seller` is as it was at the sale. A credit note names in `credits` the receipt that it credits,
    a sale in `credit_notes` what credits it. `reason` is why a payment was given back, by language,
    and empty for a sale and its refund.
    """

    receipt: ReceiptView
    order_id: uuid.UUID
    buyer: BuyerName
    lines: list[OrderLineView]
    seller: Seller
    reason: Mapping[str, str]
    credits: str | None = None
    credit_notes: Sequence[ReceiptView] = ()

    @property
    def vat(self) -> list[VatSum]:
        """The sums by VAT rate, the highest first; of a credit none, because nothing was sold."""
        if self.receipt.kind == "credit":
            return []
        rates = sorted({line.vat_percent for line in self.lines}, reverse=True)
        return [
            _vat_sum(rate, [line for line in self.lines if line.vat_percent == rate])
            for rate in rates
        ]


@dataclass(frozen=True, slots=True)
class OwnReceipt:
    """A receipt in a person's list, with the names of its products in fi, sv and en."""

    order_id: uuid.UUID
    number: str
    kind: str
    cents: int
    issued_at: datetime
    products: list[dict[str, str]]


def receipts_of(session: Session, member_id: int) -> list[OwnReceipt]:
    """Return a member's receipts, the newest first, in one statement."""
    rows = session.execute(
        select(Receipt, Order.public_id, Product)
        .join(Order, Order.id == Receipt.order_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(OrderBundleLine, OrderBundleLine.order_line_id == OrderLine.id)
        .outerjoin(OrderBundle, OrderBundle.id == OrderBundleLine.order_bundle_id)
        # A bundle is named once, and not by its parts.
        .join(Product, Product.id == func.coalesce(OrderBundle.product_id, OrderLine.product_id))
        .where(
            Order.member_id == member_id,
            or_(OrderBundle.id.is_(None), OrderLine.id == _first_line_of(OrderBundle.id)),
        )
        .order_by(Receipt.id.desc(), OrderLine.id)
    )
    by_id: dict[int, OwnReceipt] = {}
    for row, order_id, product in rows:
        view = _receipt(row)
        own = by_id.setdefault(
            row.id, OwnReceipt(order_id, view.number, view.kind, view.cents, view.issued_at, [])
        )
        own.products.append(names_of(product))
    return list(by_id.values())


def _first_line_of(bundle_id: Any) -> ScalarSelect[int]:
    part = aliased(OrderBundleLine)
    first = select(func.min(part.order_line_id)).where(part.order_bundle_id == bundle_id)
    return first.scalar_subquery()


def receipt_page(session: Session, number: str, *, member_id: int | None) -> ReceiptPage:
    """Return the receipt with a number such as 2026-17; of `member_id` only, unless None (desk).

    Raises:
        DomainError: not_found.
    """
    named = numbering.parse(number)
    row = (
        named
        and session.execute(
            select(Receipt, Order, Member.public_id, Member.name, Member.email)
            .join(Order, Order.id == Receipt.order_id)
            .join(Member, Member.id == Order.member_id)
            .where(
                Receipt.series == named.series,
                Receipt.year == named.year,
                Receipt.number == named.number,
            )
        ).first()
    )
    # 404 for another person's too: a 403 would tell which numbers are given out.
    if not row or member_id not in (None, row[1].member_id):
        raise DomainError(NOT_FOUND)
    receipt, order, buyer, name, email = row
    return ReceiptPage(
        _receipt(receipt),
        order.public_id,
        BuyerName(buyer, name or email),
        _lines(session, receipt),
        seller_on(receipt),
        _reason_of(session, receipt),
        _credited(session, receipt),
        _credit_notes(session, receipt),
    )


def _credited(session: Session, receipt: Receipt) -> str | None:
    if receipt.credits_id is None:
        return None
    return session.get_one(Receipt, receipt.credits_id).printed_number


def _credit_notes(session: Session, receipt: Receipt) -> list[ReceiptView]:
    if receipt.kind != "sale":
        return []
    notes = select(Receipt).where(Receipt.credits_id == receipt.id).order_by(Receipt.id)
    return [_receipt(row) for row in session.scalars(notes)]


def _lines(session: Session, receipt: Receipt) -> list[OrderLineView]:
    if receipt.kind == "credit":
        # Nothing was sold for that payment, so it has no VAT to give back.
        lines = order_lines(session, receipt.order_id)
        return [
            replace(line, cents=-line.cents, vat_percent=Decimal(0), vat_cents=0) for line in lines
        ]
    rows = session.execute(
        select(OrderLine, Product, ReceiptLine)
        .select_from(ReceiptLine)
        .join(OrderLine, OrderLine.id == ReceiptLine.order_line_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(ReceiptLine.receipt_id == receipt.id)
        .order_by(ReceiptLine.id)
    )
    bundles = bundles_of_order(session, receipt.order_id)
    return [_line(line, product, of, bundles.get(line.id)) for line, product, of in rows]


def _reason_of(session: Session, receipt: Receipt) -> Mapping[str, str]:
    if receipt.payment_id is None:
        return {}
    has_lines = exists().where(RefundLine.refund_id == Refund.id)
    reason = session.scalar(
        select(Refund.reason).where(Refund.payment_id == receipt.payment_id, ~has_lines)
    )
    return reason_text(reason or "")


def order_lines(session: Session, order_id: int) -> list[OrderLineView]:
    """Return the lines of an order, with the VAT of its receipt where it has one."""
    sale = select(Receipt.id).where(Receipt.order_id == order_id, Receipt.kind == "sale")
    rows = session.execute(
        select(OrderLine, Product, ReceiptLine)
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(
            ReceiptLine,
            and_(
                ReceiptLine.order_line_id == OrderLine.id,
                ReceiptLine.receipt_id.in_(sale),
            ),
        )
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    bundles = bundles_of_order(session, order_id)
    return [_line(line, product, sold, bundles.get(line.id)) for line, product, sold in rows]


def _line(
    line: OrderLine, product: Product, on: ReceiptLine | None, bundle: OrderedBundle | None
) -> OrderLineView:
    """Return a line as it stands on a receipt, or as ordered."""
    rate = on.vat_bp if on else line.vat_bp
    named = {"fi": on.name_fi, "sv": on.name_sv, "en": on.name_en} if on else None
    return OrderLineView(
        code=product.code,
        product=named or with_bundle(bundle, names_of(product)),
        role=line.role,
        institution=line.institution_code,
        cents=on.cents if on else line.cents,
        vat_percent=percent_of(rate),
        vat_cents=on.vat_cents if on else catalogue_rules.vat_cents(line.cents, rate),
        discount_cents=line.discount_cents,
        bundle=bundle,
    )


def items_of(lines: Iterable[OrderLineView]) -> list[OrderItem]:
    """Return what was ordered, a bundle with its whole price and the names of its parts."""
    items: dict[tuple[str, int], OrderItem] = {}
    for n, line in enumerate(lines):
        bundle, cents = line.bundle, line.cents + line.discount_cents
        if bundle is None:
            items["line", n] = OrderItem(line.product, cents)
            continue
        known = items.get(("bundle", bundle.number), OrderItem(bundle.name, 0))
        part = {
            code: name.removeprefix(f"{bundle.name[code]}: ") for code, name in line.product.items()
        }
        items["bundle", bundle.number] = OrderItem(
            bundle.name, known.cents + cents, (*known.parts, part)
        )
    return list(items.values())


def receipts_of_order(session: Session, order_id: int) -> list[ReceiptView]:
    """Return the receipts of an order, the oldest first."""
    rows = session.scalars(select(Receipt).where(Receipt.order_id == order_id).order_by(Receipt.id))
    return [_receipt(row) for row in rows]


def _receipt(row: Receipt) -> ReceiptView:
    return ReceiptView(row.printed_number, row.kind, row.cents, row.issued_at)


def _vat_sum(rate: Decimal, lines: Sequence[OrderLineView]) -> VatSum:
    # The lines are parts of the VAT of the rate, which is rounded once.
    return VatSum(rate, sum(line.cents for line in lines), sum(line.vat_cents for line in lines))


def own_receipts(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's receipts, for the export of one's own data."""
    return (
        select(
            Receipt.series,
            Receipt.year,
            Receipt.number,
            Receipt.kind,
            Receipt.cents,
            Receipt.issued_at,
        )
        .join(Order, Order.id == Receipt.order_id)
        .where(Order.member_id == member_id)
    )


def own_receipt_lines(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the lines of a member's receipts, for the export of one's own data."""
    return (
        select(
            Receipt.series,
            Receipt.year,
            Receipt.number,
            ReceiptLine.name_en.label("product"),
            ReceiptLine.cents,
            ReceiptLine.vat_bp,
            ReceiptLine.vat_cents,
            ReceiptLine.supplied_on,
        )
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .join(Order, Order.id == Receipt.order_id)
        .where(Order.member_id == member_id)
    )
