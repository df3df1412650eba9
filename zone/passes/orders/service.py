"""Place orders, online and at the counter. Never commits."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.ids import new_public_id, new_secret
from zone.core.money import EUR
from zone.core.time import helsinki_date
from zone.members.people.service import lock_member, lock_members
from zone.passes.bundles.models import OrderBundle, OrderBundleLine
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.rules import FEE
from zone.passes.entitlements.rules import as_stored
from zone.passes.orders.errors import OFFER_CHANGED, QUOTE_CHANGED
from zone.passes.orders.models import Order, OrderLine
from zone.passes.orders.rules import CounterLine, ShownQuote, WantedLine
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.passes.queries import last_sold_at
from zone.passes.payments import service as payments
from zone.passes.payments.models import Payment
from zone.passes.payments.rules import FREE, check_reference
from zone.passes.payments.service import record_outcome
from zone.passes.quotas import service as quotas
from zone.passes.quotes import queries as quotes
from zone.passes.quotes.queries import Quote
from zone.passes.receipts.queries import seller_of
from zone.passes.receipts.rules import Seller, check_seller
from zone.passes.sale_terms.queries import terms_number
from zone.passes.tills import service as tills
from zone.passes.vouchers import service as vouchers
from zone.passes.vouchers.queries import discount_lines
from zone.passes.vouchers.rules import PricedLine


def place_order(
    session: Session,
    member_id: int,
    product_code: str,
    *,
    starts_on: date | None,
    now: datetime,
    seller_vat: bool,
    seller: Seller,
    shown: ShownQuote | None = None,
    rights: str | None = None,
    with_fees: bool = False,
) -> Order:
    """Order one product, as `place_lines`; `seller_vat` is that of the seller.

    Raises:
        DomainError: as `place_lines`.
    """
    return place_lines(
        session,
        member_id,
        [WantedLine(product_code, starts_on, shown, rights)],
        now=now,
        seller=replace(seller, charges_vat=seller_vat),
        with_fees=with_fees,
    )


def place_lines(
    session: Session,
    member_id: int,
    wanted: Sequence[WantedLine],
    *,
    now: datetime,
    seller: Seller,
    voucher: str | None = None,
    discount: int | None = None,
    with_fees: bool = False,
) -> Order:
    """Order products at today's prices, VAT rates and rights, which stay on their lines.

    What the buyer was shown is compared: that of each line, and the whole `discount` of the code
    `voucher`. Without it they take what holds now. Only the desk sells fees, and says `with_fees`.

    Raises:
        DomainError: seller_missing, not_found, quote_changed, sold_out; voucher_unknown,
            voucher_closed, voucher_used_up, voucher_of_others; or as `quotes.queries.quote_price`.
    """
    check_seller(seller)
    # A pass that is just being sold to them is seen, or is sold after this order: never neither.
    lock_members(session, [member_id])
    quotes = _lock_and_quote(session, member_id, wanted, now, seller, with_fees)
    for line, quote in zip(wanted, quotes, strict=True):
        if line.shown not in (None, quote.shown) or line.rights not in (None, quote.rights):
            raise DomainError(QUOTE_CHANGED, now=quote.shown.as_json())
    off = [0] * len(quotes)
    if voucher:
        priced = [PricedLine(quote.product.id, quote.cents) for quote in quotes]
        off = discount_lines(session, voucher, priced, now)
    if discount not in (None, sum(off)):
        raise DomainError(QUOTE_CHANGED)
    order = _add_order(session, member_id, quotes, off, now)
    # Last: everybody who wants a place of the same quota waits from here to the commit.
    quotas.take_places(session, order.id, now)
    if voucher:
        vouchers.take_use(session, voucher, order.id, now)
    return order


def _lock_and_quote(
    session: Session,
    member_id: int,
    wanted: Sequence[WantedLine],
    now: datetime,
    seller: Seller,
    with_fees: bool,
) -> list[Quote]:
    # In the order of codes, as everybody: two orders of the same products cannot deadlock.
    products = {
        code: catalogue.lock_product(session, code)
        for code in sorted({line.product for line in wanted})
    }
    return [
        quotes.quote_price(
            session,
            member_id,
            products[line.product],
            starts_on=line.starts_on,
            now=now,
            seller_vat=seller.charges_vat,
            with_fees=with_fees,
        )
        for line in wanted
    ]


def _add_order(
    session: Session, member_id: int, quotes: Sequence[Quote], off: Sequence[int], now: datetime
) -> Order:
    placed_at = order_time(session, member_id, now)
    order = Order(
        public_id=new_public_id(),
        member_id=member_id,
        total_cents=sum(quote.cents for quote in quotes) - sum(off),
        currency=EUR,
        placed_at=placed_at,
        pay_until=pay_until(session, placed_at),
        terms_version=terms_number(session, helsinki_date(now)),
    )
    session.add(order)
    session.flush()
    today = helsinki_date(now)
    for quote, cents in zip(quotes, off, strict=True):
        _add_lines(session, order.id, quote, today, cents)
    return order


def _add_lines(
    session: Session, order_id: int, quote: Quote, today: date, discount_cents: int
) -> None:
    """Add the line of a product, or those of the parts of a bundle."""
    bundle = None
    if quote.parts:
        bundle = OrderBundle(order_id=order_id, product_id=quote.product.id, cents=quote.cents)
        session.add(bundle)
        session.flush()
    for line, off in zip(quote.lines, quote.split(discount_cents), strict=True):
        row = line_of(order_id, line, today, off)
        session.add(row)
        session.flush()  # one by one: their ids are in the order of the lines
        if bundle is not None:
            part = OrderBundleLine(
                order_line_id=row.id, order_bundle_id=bundle.id, counts=line.counts
            )
            session.add(part)
    session.flush()


def pay_until(session: Session, placed_at: datetime) -> datetime:
    """Return until when an order of an instant can be paid, by the rules of its day."""
    minutes = pass_rules(session, helsinki_date(placed_at)).unpaid_minutes
    return placed_at + timedelta(minutes=minutes)


def order_time(session: Session, member_id: int, now: datetime) -> datetime:
    """Return `now`, or just after what the buyer has seen: clocks of machines differ, and `now` was
    read before this transaction waited for its locks.

    The caller has locked the buyer.
    """
    sold_at = last_sold_at(session, member_id)
    return now if sold_at is None or sold_at < now else sold_at + timedelta(microseconds=1)


def line_of(order_id: int, quote: Quote, today: date, discount_cents: int = 0) -> OrderLine:
    """Return the line of an order with all that was quoted, less a discount."""
    product, is_fee = quote.product, quote.product.kind == FEE
    return OrderLine(
        order_id=order_id,
        product_id=product.id,
        institution_code=quote.institution_code,
        role=quote.role,
        cents=quote.cents - discount_cents,
        discount_cents=discount_cents,
        currency=quote.currency,
        vat_bp=quote.vat_bp,
        supplied_on=today,  # the day whose VAT rate was shown
        # All of it is stored: pass, season and product may change before the order is paid.
        starts_on=None if is_fee else quote.starts_on,
        ends_on=None if is_fee else quote.ends_on,
        length_days=None if is_fee else quote.days_from_activation,
        visits=product.visits,
        kind=product.kind,
        entitlements=list(product.entitlements),
        campuses=list(product.campuses),
        conditions=as_stored(quote.conditions),
    )


def sell_at_counter(
    session: Session,
    member: uuid.UUID,
    lines: Sequence[CounterLine],
    *,
    method: str,
    now: datetime,
    settings: Settings,
    reference: str | None = None,
    till: str | None = None,
    voucher: str | None = None,
    discount: int | None = None,
) -> Order:
    """Sell products for money that was taken: one order, its payment, receipt, mail and passes.

    The lines are what the buyer was shown. With a discount code `voucher` the buyer has paid
    `discount` less. Without `till` the money goes into the only one that is open.

    Raises:
        DomainError: seller_missing, not_found, offer_changed, or as `place_lines`,
            `check_reference` and `tills.service.record_sale`.
    """
    stored_reference = check_reference(method, reference)
    seller = seller_of(session, settings)
    check_seller(seller)
    # Of two desks that sell the same to one person at once, the second waits here. Then the first
    # day has moved behind the new pass, and offer_changed stops the second sale.
    member_id = lock_member(session, member).id
    wanted = [WantedLine(line.product) for line in lines]
    found = _lock_and_quote(session, member_id, wanted, now, seller, with_fees=True)
    for line, quote in zip(lines, found, strict=True):
        if line.is_other_than(quote.shown):
            raise DomainError(OFFER_CHANGED, now=quote.shown.as_json())
    order = place_lines(
        session,
        member_id,
        wanted,
        voucher=voucher,
        # A clerk who does not know the discount has taken too much.
        discount=(discount or 0) if voucher else None,
        now=now,
        seller=seller,
        with_fees=True,
    )
    _record_payment(session, order, method, stored_reference, seller, now, till)
    return order


def _record_payment(
    session: Session,
    order: Order,
    method: str,
    reference: str | None,
    seller: Seller,
    now: datetime,
    till: str | None,
) -> None:
    payment = Payment(
        order_id=order.id,
        provider=method if order.total_cents else FREE,
        reference=new_secret(),
        cents=order.total_cents,
        currency=order.currency,
        method_reference=reference if order.total_cents else None,
        started_at=now,
    )
    session.add(payment)
    session.flush()
    # No callback comes from the desk, so payment and grant are one transaction.
    record_outcome(session, payment.id, "paid", occurred_at=now, recorded_at=now)
    series = tills.record_sale(session, payment, till, now)
    payments.grant(session, payment, now, seller, paid_at=now, series=series)
