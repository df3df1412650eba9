"""What can be sold to a person at the counter, and what several products cost them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_public_id
from zone.passes.catalogue.queries import names_of
from zone.passes.orders.errors import OFFER_CHANGED
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.quotes.queries import PriceQuote, offers
from zone.passes.receipts.queries import seller_of
from zone.passes.vouchers.queries import discount_lines
from zone.passes.vouchers.rules import PricedLine


@dataclass(frozen=True, slots=True)
class PricedProduct:
    """A product of a sale: its name by language, its price, and what a code takes off that."""

    code: str
    name: Mapping[str, str]
    cents: int
    discount_cents: int


@dataclass(frozen=True, slots=True)
class SalePrice:
    """What a sale costs now."""

    lines: Sequence[PricedProduct]

    @property
    def discount_cents(self) -> int:
        """What the code takes off."""
        return sum(line.discount_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """What is to be paid."""
        return sum(line.cents - line.discount_cents for line in self.lines)


def offers_to(
    session: Session, person: uuid.UUID, *, settings: Settings, now: datetime
) -> list[PriceQuote]:
    """Return what can be sold to a person at the counter, fees included.

    That of a lost phone is paid where the phone is replaced.

    Raises:
        DomainError: not_found.
    """
    member = member_by_public_id(session, person)
    seller = seller_of(session, settings)
    fee_of_loss = pass_rules(session, helsinki_date(now)).loss_fee
    found = offers(
        session,
        member.id,
        now=now,
        seller_vat=seller.charges_vat,
        seller=seller,
        with_fees=True,
    )
    return [one for one in found if one.product.code != fee_of_loss]


def price_of_sale(
    session: Session,
    person: uuid.UUID,
    products: Sequence[str],
    *,
    voucher: str | None,
    settings: Settings,
    now: datetime,
) -> SalePrice:
    """Return what products cost a person now, with a discount code.

    Raises:
        DomainError: not_found, offer_changed: one of them is not sold to them now;
            voucher_unknown, voucher_closed, voucher_used_up, voucher_of_others.
    """
    offered = offers_to(session, person, settings=settings, now=now)
    quotes = {one.product.code: one.quote for one in offered if one.quote}
    if not set(products) <= quotes.keys():
        raise DomainError(OFFER_CHANGED)
    chosen = [quotes[code] for code in products]
    off = [0] * len(chosen)
    if voucher:
        priced = [PricedLine(quote.product.id, quote.cents) for quote in chosen]
        off = discount_lines(session, voucher, priced, now)
    return SalePrice(
        [
            PricedProduct(quote.product.code, names_of(quote.product), quote.cents, cents)
            for quote, cents in zip(chosen, off, strict=True)
        ]
    )
