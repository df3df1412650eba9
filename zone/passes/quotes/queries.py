"""What a product costs a member, and what is offered to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.money import EUR
from zone.core.time import helsinki_date
from zone.members.eligibility.queries import Eligibility, eligibility
from zone.passes.bundles.queries import BundleItem, items_of
from zone.passes.bundles.rules import first_day_after, split_price
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.models import Price, Product
from zone.passes.catalogue.queries import first_day_of, last_day_of
from zone.passes.catalogue.rules import BUNDLE, ENTITLEMENTS, FEE, FROM_ACTIVATION
from zone.passes.entitlements.rules import Conditions, as_compared
from zone.passes.orders import rules
from zone.passes.orders.errors import ELIGIBILITY_ENDS_FIRST, NOT_ELIGIBLE, NOT_SOLD
from zone.passes.orders.rules import ShownQuote
from zone.passes.passes.queries import next_free_day
from zone.passes.quotas.errors import SOLD_OUT
from zone.passes.quotas.queries import is_sold_out
from zone.passes.quotes.rules import RateSum, taxes_of
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.receipts.rules import Seller
from zone.passes.sale_windows.queries import windows_of
from zone.passes.sale_windows.rules import check_open


@dataclass(frozen=True, slots=True)
class Quote:
    """What a product costs a member today, in which role, and its days; both days included.

    Of a product that lasts from its activation `ends_on` is the last day to activate it. A bundle
    has `parts`, each with its part of the price, days and VAT rate; `starts_on` and `ends_on` are
    then the first and the last of theirs. `counts`: of a part, whether its pass counts in target A.
    """

    product: Product
    institution_code: str
    role: str
    cents: int
    currency: str
    vat_bp: int
    starts_on: date
    ends_on: date
    parts: tuple["Quote", ...] = ()
    counts: bool = True

    @property
    def conditions(self) -> Conditions:
        """When its pass can be used, and what it gives besides what it opens."""
        return self.product.conditions

    @property
    def lines(self) -> tuple["Quote", ...]:
        """The lines of an order that it becomes: its parts, or itself."""
        return self.parts or (self,)

    @property
    def days_from_activation(self) -> int | None:
        """How many days it lasts from its activation; None: its days are known."""
        is_open = self.product.duration == FROM_ACTIVATION
        return self.product.length_days if is_open else None

    @property
    def entitlements(self) -> list[str]:
        """What it opens, by itself or by its parts."""
        if not self.parts:
            return list(self.product.entitlements)
        opened = {kind for part in self.parts for kind in part.product.entitlements}
        return sorted(opened, key=ENTITLEMENTS.index)

    @property
    def campuses(self) -> list[str]:
        """Where; empty: everywhere, also where only one part opens everything."""
        if not all(line.product.campuses for line in self.lines):
            return []
        return sorted({code for line in self.lines for code in line.product.campuses})

    @property
    def rights(self) -> str:
        """What it gives, in a form to be compared."""
        if self.parts:
            return "+".join(
                f"{part.product.code};{part.cents};{part.starts_on};{part.ends_on};{part.rights}"
                for part in self.parts
            )
        gives, campuses = sorted(self.product.entitlements), sorted(self.product.campuses)
        said = f"{','.join(gives)}@{','.join(campuses)}"
        rows = ["-".join(map(str, row)) for row in as_compared(self.conditions)]
        return "!".join([said, *rows]).replace(" ", "")

    @property
    def shown(self) -> ShownQuote:
        """What the buyer has to see before they order."""
        return ShownQuote(self.cents, self.starts_on, self.ends_on)

    def split(self, cents: int) -> list[int]:
        """Divide a discount over its lines, by their prices."""
        return split_price(cents, [line.cents for line in self.lines])

    def taxes(self, discount_cents: int = 0) -> list[RateSum]:
        """Return the VAT of each rate in it, less a discount."""
        off = self.split(discount_cents)
        return taxes_of(
            (line.vat_bp, line.cents - less) for line, less in zip(self.lines, off, strict=True)
        )


@dataclass(frozen=True, slots=True)
class PartOfOffer:
    """A part of a bundle with its days; `name` by language."""

    name: dict[str, str]
    quote: Quote


def parts_of_offer(quote: Quote) -> list[PartOfOffer]:
    """Return what a bundle is made of; of another product nothing."""
    return [PartOfOffer(catalogue_queries.names_of(one.product), one) for one in quote.parts]


def quote_price(
    session: Session,
    member_id: int,
    product: Product,
    *,
    starts_on: date | None,
    now: datetime,
    seller_vat: bool,
    with_fees: bool = False,
) -> Quote:
    """Return what the product costs this member.

    Without `starts_on` it starts when the pass that gives the same ends, else today; each part of
    a bundle by itself. Fees are sold by the desk only, which says `with_fees`.

    Raises:
        DomainError: not_eligible, eligibility_ends_first, not_sold, no_season, start_too_soon,
            start_too_far; sale_not_open, sale_closed: outside of its windows; sold_out.
    """
    today = helsinki_date(now)
    items = items_of(session, product.id) if product.kind == BUNDLE else [BundleItem(product, 1)]
    # A bundle without parts is not finished yet.
    if not items or (product.kind == FEE and not with_fees):
        raise DomainError(NOT_SOLD)
    if starts_on is not None:
        rules.check_start(starts_on, today)
    first_days = _first_days(session, member_id, items, starts_on, today)
    proofs = _proofs_on(session, member_id, max(first_days), today)
    cents, proof = _lowest_price(session, product, proofs, today)
    check_open(windows_of(session, product.id), now)
    if is_sold_out(session, {product.id, *(item.product.id for item in items)}):
        raise DomainError(SOLD_OUT)
    lines = [
        Quote(
            item.product,
            proof.institution_code,
            proof.role,
            part,
            EUR,
            # As if it were paid today; a payment on another day may have another rate. The price
            # stays.
            catalogue_queries.vat_bp_on(
                session, item.product.vat_category, today, seller_vat=seller_vat
            ),
            first_day,
            last_day_of(session, item.product, first_day),
            counts=item.counts,
        )
        for item, first_day, part in zip(
            items, first_days, split_price(cents, [item.share for item in items]), strict=True
        )
    ]
    return _bundle(product, cents, lines) if product.kind == BUNDLE else lines[0]


def _bundle(product: Product, cents: int, parts: Sequence[Quote]) -> Quote:
    first = parts[0]
    return Quote(
        product,
        first.institution_code,
        first.role,
        cents,
        first.currency,
        first.vat_bp,
        min(part.starts_on for part in parts),
        max(part.ends_on for part in parts),
        tuple(parts),
    )


def _first_days(
    session: Session,
    member_id: int,
    items: Sequence[BundleItem],
    starts_on: date | None,
    today: date,
) -> list[date]:
    """Return the first day of each part: of two of a kind that give the same, one follows."""
    days: list[date] = []
    for n, item in enumerate(items):
        one = item.product
        asked = starts_on or next_free_day(session, member_id, one, today)
        before = [
            last_day_of(session, earlier.product, first)
            for earlier, first in zip(items[:n], days, strict=True)
            if earlier.product.kind == one.kind
            and not earlier.product.visits
            and earlier.product.rights.covers(one.rights)
        ]
        days.append(first_day_of(session, one, first_day_after(asked, before)))
    return days


def _lowest_price(
    session: Session, product: Product, proofs: Sequence[Eligibility], today: date
) -> tuple[int, Eligibility]:
    prices = [
        (cents, proof)
        for proof in proofs
        if (
            cents := catalogue_queries.price_on(
                session, product.id, proof.institution_code, proof.role, today
            )
        )
        is not None
    ]
    if not prices:
        raise DomainError(NOT_SOLD)
    # A person may be a student and staff: the cheaper of their prices, and its institution goes on
    # the order line.
    return min(prices, key=lambda price: price[0])


def _proofs_on(session: Session, member_id: int, first_day: date, today: date) -> list[Eligibility]:
    # Valid today and still on the first day of what is bought.
    proofs = eligibility(session, member_id, today)
    if not proofs:
        raise DomainError(NOT_ELIGIBLE)
    lasting = [proof for proof in proofs if proof.valid_until >= first_day]
    if not lasting:
        until = max(proof.valid_until for proof in proofs)
        raise DomainError(ELIGIBILITY_ENDS_FIRST, params={"until": until})
    return lasting


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """A product with its quote for a member, or the refusal."""

    product: Product
    quote: Quote | None
    refusal: DomainError | None


def offers(
    session: Session,
    member_id: int,
    *,
    now: datetime,
    seller_vat: bool,
    seller: Seller,
    with_fees: bool = False,
) -> list[PriceQuote]:
    """Return every product that has a price, with its quote or refusal for this member.

    A product that is not sold to their group is left out; so are fees, which only the desk sells,
    without `with_fees`. Without a complete seller everything is refused.
    """
    sold = (
        exists().where(Price.product_id == Product.id),
        or_(literal(with_fees), Product.kind != FEE),
    )
    products = session.scalars(select(Product).where(*sold).order_by(Product.id)).all()
    if not seller.is_complete:
        return [PriceQuote(product, None, DomainError(SELLER_MISSING)) for product in products]
    quotes = [
        _price_quote(session, member_id, product, now, seller_vat, with_fees)
        for product in products
    ]
    return [
        offer for offer in quotes if offer.refusal is None or offer.refusal.code != NOT_SOLD.code
    ]


def _price_quote(
    session: Session,
    member_id: int,
    product: Product,
    now: datetime,
    seller_vat: bool,
    with_fees: bool,
) -> PriceQuote:
    try:
        quote = quote_price(
            session,
            member_id,
            product,
            starts_on=None,
            now=now,
            seller_vat=seller_vat,
            with_fees=with_fees,
        )
    except DomainError as refusal:
        return PriceQuote(product, None, refusal)
    return PriceQuote(product, quote, None)
