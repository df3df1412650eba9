"""A person's basket with what holds now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.passes.baskets.models import BasketLine, BasketVoucher
from zone.passes.baskets.rules import ShownLine
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.quotes.queries import PartOfOffer, Quote, parts_of_offer, quote_price
from zone.passes.quotes.rules import RateSum, taxes_of
from zone.passes.receipts.rules import Seller, check_seller
from zone.passes.vouchers import queries as vouchers
from zone.passes.vouchers.models import Voucher
from zone.passes.vouchers.rules import PricedLine


@dataclass(frozen=True, slots=True)
class BasketLineView:
    """A line of a basket with its quote, or why it cannot be ordered; `product`: by language."""

    code: str
    product: dict[str, str]
    quote: Quote | None
    refusal: DomainError | None
    discount_cents: int = 0

    @property
    def parts(self) -> list[PartOfOffer]:
        """What a bundle is made of."""
        return parts_of_offer(self.quote) if self.quote else []

    @property
    def shown(self) -> str:
        """What the form carries of it."""
        if self.quote is None:
            return ""
        return str(ShownLine(self.code, self.quote.shown, self.quote.rights))


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket; `voucher` is its discount code, and `refusal` why that does not hold now."""

    lines: Sequence[BasketLineView]
    voucher: str | None
    refusal: DomainError | None

    @property
    def discount_cents(self) -> int:
        """What the code takes off."""
        return sum(line.discount_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """What is to be paid."""
        return sum(line.quote.cents for line in self.lines if line.quote) - self.discount_cents

    @property
    def can_be_ordered(self) -> bool:
        """Whether all of it can be ordered as it is."""
        return bool(self.lines) and not self.refusal and all(line.quote for line in self.lines)

    @property
    def taxes(self) -> list[RateSum]:
        """The VAT of each rate, rounded once."""
        return taxes_of(
            (part.vat_bp, part.cents - off)
            for line in self.lines
            if line.quote
            for part, off in zip(
                line.quote.lines, line.quote.split(line.discount_cents), strict=True
            )
        )


def basket_rows(session: Session, member_id: int) -> Sequence[Row[BasketLine, Product]]:
    """Return the lines of a basket with their products, in the order in which they were added."""
    return session.execute(
        select(BasketLine, Product)
        .join(Product, Product.id == BasketLine.product_id)
        .where(BasketLine.member_id == member_id)
        .order_by(BasketLine.id)
    ).all()


def basket_size(session: Session, member_id: int) -> int:
    """Return how many lines a basket has."""
    count = select(func.count()).where(BasketLine.member_id == member_id)
    return session.scalar(count) or 0


def code_in_basket(session: Session, member_id: int) -> str | None:
    """Return the discount code of a basket."""
    return session.scalar(
        select(Voucher.code)
        .join(BasketVoucher, BasketVoucher.voucher_id == Voucher.id)
        .where(BasketVoucher.member_id == member_id)
    )


def basket_view(session: Session, member_id: int, now: datetime, seller: Seller) -> BasketView:
    """Return a basket with today's prices, days and discount."""
    lines = [
        _line(session, member_id, row, product, now, seller)
        for row, product in basket_rows(session, member_id)
    ]
    code = code_in_basket(session, member_id)
    if code is None or not lines:
        return BasketView(lines, code, None)
    priced = [PricedLine(line.quote.product.id, line.quote.cents) for line in lines if line.quote]
    try:
        off = iter(vouchers.discount_lines(session, code, priced, now))
    except DomainError as refusal:
        return BasketView(lines, code, refusal)
    discounted = [replace(line, discount_cents=next(off)) if line.quote else line for line in lines]
    return BasketView(discounted, code, None)


def _line(
    session: Session,
    member_id: int,
    row: BasketLine,
    product: Product,
    now: datetime,
    seller: Seller,
) -> BasketLineView:
    try:
        check_seller(seller)
        quote = quote_price(
            session,
            member_id,
            product,
            starts_on=row.starts_on,
            now=now,
            seller_vat=seller.charges_vat,
        )
    except DomainError as refusal:
        return BasketLineView(product.code, names_of(product), None, refusal)
    return BasketLineView(product.code, names_of(product), quote, None)


def own_basket(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the lines of a member's basket, for the export of one's own data."""
    return (
        select(Product.name_en.label("product"), BasketLine.starts_on, BasketLine.added_at)
        .join(Product, Product.id == BasketLine.product_id)
        .where(BasketLine.member_id == member_id)
    )


def own_basket_code(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return the discount code of a member's basket, for the export of one's own data."""
    return (
        select(Voucher.code)
        .join(BasketVoucher, BasketVoucher.voucher_id == Voucher.id)
        .where(BasketVoucher.member_id == member_id)
    )
