"""Discount codes, for managers and for those who use one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.passes.catalogue.models import Product
from zone.passes.vouchers.errors import VOUCHER_UNKNOWN
from zone.passes.vouchers.models import Voucher, VoucherProduct, VoucherUse
from zone.passes.vouchers.rules import (
    PricedLine,
    VoucherTerms,
    check_usable,
    digest_of,
    discounts,
    is_same_code,
)


@dataclass(frozen=True, slots=True)
class VoucherView:
    """A discount code for staff, with the codes of its products; empty: all."""

    code: str
    name: str
    percent_bp: int | None
    cents: int | None
    products: list[str]
    uses: int
    most_uses: int
    valid_from: date
    valid_until: date | None
    ended_at: datetime | None


def voucher_of(session: Session, typed: str) -> Voucher:
    """Return the discount code that somebody typed.

    Raises:
        DomainError: voucher_unknown.
    """
    row = session.scalar(select(Voucher).where(Voucher.digest == digest_of(typed)))
    if row is None or not is_same_code(typed, row.code):
        raise DomainError(VOUCHER_UNKNOWN)
    return row


def terms_of(session: Session, row: Voucher) -> VoucherTerms:
    """Return what a discount code takes off, and when."""
    products = select(VoucherProduct.product_id).where(VoucherProduct.voucher_id == row.id)
    return VoucherTerms(
        row.percent_bp,
        row.cents,
        frozenset(session.scalars(products)),
        row.valid_from,
        row.valid_until,
        row.uses,
        row.most_uses,
        row.ended_at,
    )


def discount_lines(
    session: Session, typed: str, lines: Sequence[PricedLine], now: datetime
) -> list[int]:
    """Return what a code takes off each line of an order, in cents.

    Raises:
        DomainError: voucher_unknown, voucher_closed, voucher_used_up, voucher_of_others.
    """
    terms = terms_of(session, voucher_of(session, typed))
    check_usable(terms, helsinki_date(now))
    return discounts(terms, lines)


def code_of_order(session: Session, order_id: int) -> str | None:
    """Return the discount code that an order was placed with."""
    return session.scalar(
        select(Voucher.code)
        .join(VoucherUse, VoucherUse.voucher_id == Voucher.id)
        .where(VoucherUse.order_id == order_id)
    )


def vouchers(session: Session) -> list[VoucherView]:
    """Return every discount code, the newest first."""
    rows = session.scalars(select(Voucher).order_by(Voucher.id.desc())).all()
    named: dict[int, list[str]] = {row.id: [] for row in rows}
    codes = select(VoucherProduct.voucher_id, Product.code).join(
        Product, Product.id == VoucherProduct.product_id
    )
    for voucher_id, code in session.execute(codes.order_by(Product.code)):
        named[voucher_id].append(code)
    return [voucher_view(row, named[row.id]) for row in rows]


def voucher_view(row: Voucher, products: Sequence[str]) -> VoucherView:
    """Return a discount code for staff."""
    return VoucherView(
        row.code,
        row.name,
        row.percent_bp,
        row.cents,
        list(products),
        row.uses,
        row.most_uses,
        row.valid_from,
        row.valid_until,
        row.ended_at,
    )
